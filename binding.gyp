{
  "variables": {
    # -g1 names functions and lines in the backtrace of a core dump; variables too cost the build a third more.
    # No trace of the folder: the same sources are the same addons wherever they are built.
    "cflags": ["-std=c++17", "-O2", "-g1", "-ffile-prefix-map=<!(pwd)=.",
               "-Wall", "-Wextra", "-Werror", "-Wno-missing-field-initializers",
               "-Wno-cast-function-type", "-Wno-unused-parameter"],
    # What every packet goes through, and the file that makes an addon of it.
    "packet_path": ["<!@(ls native/core/*.cc native/bench/*.cc)", "native/addon/module.cc"]
  },
  "target_defaults": {
    "cflags_cc!": ["-fno-rtti", "-std=gnu++17", "-std=gnu++20"],
    "cflags_cc": ["<@(cflags)"],
    "defines": ["NAPI_VERSION=9", "NAPI_DISABLE_CPP_EXCEPTIONS", "NODE_ADDON_API_DISABLE_DEPRECATED"],
    "include_dirs": ["<!@(node -p \"require('node-addon-api').include\")", "native", "native/core"]
  },
  "targets": [
    {
      # Devices, the load generator, and what JavaScript sees: nothing in it that another instruction set would make faster.
      "target_name": "surroundings",
      "type": "static_library",
      "sources": ["<!@(ls native/io/*.cc native/load/*.cc native/addon/*.cc | grep -v /module.cc)"]
    },
    {
      "target_name": "dataplane",
      "dependencies": ["surroundings"],
      "sources": ["<@(packet_path)"],
      "libraries": ["-lpcap"]
    },
    {
      "target_name": "yang",
      "sources": ["<!@(ls native/yang/*.cc)"],
      "libraries": ["-lyang"]
    }
  ],
  "conditions": [
    ["target_arch=='x64'", {
      "targets": [
        {
          # For processors since about 2013: src/dataplane/native.ts chooses.
          "target_name": "dataplane-v3",
          "dependencies": ["surroundings"],
          "sources": ["<@(packet_path)"],
          "cflags_cc": ["-march=x86-64-v3"],
          "libraries": ["-lpcap"]
        }
      ]
    }]
  ]
}
