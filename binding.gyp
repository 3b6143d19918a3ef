{
  "variables": {
    "warnings": ["-std=c++17", "-O2", "-g", "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers",
                 "-Wno-cast-function-type", "-Wno-unused-parameter"]
  },
  "target_defaults": {
    "cflags_cc!": ["-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["<@(warnings)"],
    "defines": ["NAPI_VERSION=9", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
    "include_dirs": ["<!@(node -p \"require('node-addon-api').include\")", "native", "native/core"]
  },
  "targets": [
    {
      "target_name": "dataplane",
      "sources": ["<!@(ls native/core/*.cc native/io/*.cc native/load/*.cc native/bench/*.cc native/addon/*.cc)"],
      "libraries": ["-lpcap"]
    },
    {
      "target_name": "yang",
      "sources": ["<!@(ls native/yang/*.cc)"],
      "libraries": ["-lyang"]
    }
  ]
}
