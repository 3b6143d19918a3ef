// Which files a worker may open once it is set up: Landlock, of Linux 5.13 and later.
#pragma once
#include <string>
#include <vector>

namespace lwaftr {

struct OpenFiles {
  std::vector<std::string>
      readable;  // directories and files, with all that is in them; those that are not there are left out
  std::vector<std::string> shared;    // directories whose files can be read and written; none is made or removed
  std::vector<std::string> writable;  // these can also be read, written, filled and emptied
};

// For the calling thread and those that it makes from now on: no other file is opened, made, removed or renamed.
// 0 or an errno; ENOSYS or EOPNOTSUPP where the kernel has no Landlock.
int confine_files(const OpenFiles& files);

}  // namespace lwaftr
