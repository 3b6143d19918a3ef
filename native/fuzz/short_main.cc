// A fuzz target without a fuzzer: feeds it a corpus, then inputs made of the corpus and of chance, always the same.
//   <target> <corpus folder> <count>
// `npm test` runs this: it needs no clang.
#include <dirent.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using Bytes = std::vector<uint8_t>;

Bytes read(const std::string& path) {
  Bytes bytes;
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return bytes;
  uint8_t part[4096];
  for (size_t n; (n = std::fread(part, 1, sizeof part, file)) > 0;) bytes.insert(bytes.end(), part, part + n);
  std::fclose(file);
  return bytes;
}

std::vector<Bytes> read_corpus(const char* folder) {
  std::vector<Bytes> corpus;
  dirent** entries = nullptr;
  const int count = scandir(folder, &entries, nullptr, alphasort);
  for (int i = 0; i < count; i++) {
    if (entries[i]->d_name[0] != '.') corpus.push_back(read(std::string(folder) + "/" + entries[i]->d_name));
    std::free(entries[i]);
  }
  std::free(entries);
  return corpus;
}

std::string finding;  // where an input goes that ends the run
const Bytes* running = nullptr;

void keep(int) {
  if (std::FILE* file = std::fopen(finding.c_str(), "wb")) {
    std::fwrite(running->data(), 1, running->size(), file);
    std::fclose(file);
    std::fprintf(stderr, "the input: %s\n", finding.c_str());
  }
  std::signal(SIGABRT, SIG_DFL);
  std::abort();
}

// Exactly as large as the input, so that the sanitizer sees a step beyond it.
void run(const Bytes& input) {
  running = &input;
  uint8_t* copy = static_cast<uint8_t*>(std::malloc(input.size() ? input.size() : 1));
  std::copy(input.begin(), input.end(), copy);
  LLVMFuzzerTestOneInput(copy, input.size());
  std::free(copy);
}

Bytes change(Bytes input, const Bytes& other, std::mt19937& random) {
  const auto pick = [&random](size_t n) { return n ? random() % n : 0; };
  for (size_t n = 1 + pick(6); n; n--) {
    const size_t at = pick(input.size() + 1);
    switch (pick(5)) {
      case 0:
        if (at < input.size()) input[at] ^= static_cast<uint8_t>(1u << pick(8));
        break;
      case 1:
        if (at < input.size()) input[at] = static_cast<uint8_t>(random());
        break;
      case 2:
        input.resize(at);
        break;
      case 3:
        input.insert(input.begin() + static_cast<long>(at), static_cast<uint8_t>(random()));
        break;
      case 4:
        input.insert(input.begin() + static_cast<long>(at), other.begin() + static_cast<long>(pick(other.size())),
                     other.end());
        break;
    }
  }
  return input;
}

}  // namespace

extern "C" const char* __asan_default_options() { return "abort_on_error=1"; }

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  finding = std::string(argv[0]) + ".finding";
  std::signal(SIGABRT, keep);
  const std::vector<Bytes> corpus = read_corpus(argv[1]);
  if (corpus.empty()) {
    std::fprintf(stderr, "%s: no corpus\n", argv[1]);
    return 2;
  }
  for (const Bytes& input : corpus) run(input);
  std::mt19937 random(7596);
  const long count = std::atol(argv[2]);
  for (long n = 0; n < count; n++) {
    const Bytes& one = corpus[random() % corpus.size()];
    run(change(one, corpus[random() % corpus.size()], random));
  }
  std::printf("%s: %zu inputs of the corpus and %ld others\n", argv[0], corpus.size(), count);
  return 0;
}
