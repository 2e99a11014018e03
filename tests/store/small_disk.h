// A disk that can be filled.
#pragma once

#include <sys/mount.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "temp_dir.h"

namespace latecomer::test {

// A file system in memory, which only root can mount.
class SmallDisk {
 public:
  explicit SmallDisk(const std::string& size) : path_(dir_ / "disk") {
    std::filesystem::permissions(dir_.path(), std::filesystem::perms(0755));
    std::filesystem::create_directory(path_);
    const std::string options = "mode=0777,size=" + size;
    is_mounted_ = mount("tmpfs", path_.c_str(), "tmpfs", 0, options.c_str()) == 0;
  }
  ~SmallDisk() {
    if (is_mounted_) umount2(path_.c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;
  bool is_mounted() const { return is_mounted_; }
  const std::string& path() const { return path_; }
  // Takes all room but a megabyte, and gives it back.
  void Fill() {
    std::ofstream out(ballast(), std::ios::binary);
    const std::string piece(1 << 16, 'x');
    while (out.write(piece.data(), static_cast<std::streamsize>(piece.size())).flush()) {
    }
    out.close();
    std::filesystem::resize_file(ballast(), std::filesystem::file_size(ballast()) - (1 << 20));
  }
  void Empty() { std::filesystem::remove(ballast()); }

 private:
  std::string ballast() const { return path_ + "/ballast"; }
  TempDir dir_;
  std::string path_;
  bool is_mounted_ = false;
};

}  // namespace latecomer::test
