// Reads memory as fast as it can, as a measure for what the products reach; and lets go of the
// pages of files that are not needed any more.
#include "read.h"

#include <algorithm>
#include <cstdio>

#include "pool.h"

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))
#endif

namespace handrail {
namespace {

constexpr int64_t kPart = 256 * 1024;

#ifdef AVX2
AVX2 uint64_t added(const char* from, int64_t bytes) {
  __m256i sum[4] = {};
  for (int64_t at = 0; at + 128 <= bytes; at += 128) {
    _mm_prefetch(from + at + 4096, _MM_HINT_T0);
    _mm_prefetch(from + at + 4160, _MM_HINT_T0);
    for (int i = 0; i < 4; ++i) {
      const auto* place = reinterpret_cast<const __m256i*>(from + at + 32 * i);
      sum[i] = _mm256_add_epi64(sum[i], _mm256_loadu_si256(place));
    }
  }
  sum[0] = _mm256_add_epi64(_mm256_add_epi64(sum[0], sum[1]), _mm256_add_epi64(sum[2], sum[3]));
  uint64_t parts[4];
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(parts), sum[0]);
  return parts[0] + parts[1] + parts[2] + parts[3];
}
#else
uint64_t added(const char* from, int64_t bytes) {
  uint64_t sum = 0;
  for (int64_t at = 0; at + 8 <= bytes; at += 8) {
    sum += *reinterpret_cast<const uint64_t*>(from + at);
  }
  return sum;
}
#endif

class Read : public Job {
 public:
  Read(const char* from, int64_t bytes)
      : Job((bytes + kPart - 1) / kPart, sizeof(uint64_t)), from_(from), bytes_(bytes) {}

 protected:
  void compute(int64_t part, char* result) const override {
    const int64_t at = part * kPart;
    *reinterpret_cast<uint64_t*>(result) = added(from_ + at, std::min(kPart, bytes_ - at));
  }
  void commit(int64_t, const char*) const override {}

 private:
  const char* const from_;
  const int64_t bytes_;
};

}  // namespace

std::shared_ptr<Job> read_job(const void* from, int64_t bytes) {
  return std::make_shared<Read>(static_cast<const char*>(from), bytes);
}

void let_go(const void* from, int64_t bytes) {
#if defined(__linux__)
  const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  const uint64_t first = reinterpret_cast<uint64_t>(from);
  const uint64_t start = (first + page - 1) / page * page, end = (first + bytes) / page * page;
  std::FILE* const maps = start < end ? std::fopen("/proc/self/maps", "re") : nullptr;
  if (!maps) return;
  char line[4352];
  while (std::fgets(line, sizeof line, maps)) {
    unsigned long long low, high, inode;
    if (std::sscanf(line, "%llx-%llx %*s %*x %*s %llu", &low, &high, &inode) != 3) continue;
    if (low <= start && end <= high && inode != 0) {  // other memory would be lost
      madvise(reinterpret_cast<void*>(start), end - start, MADV_DONTNEED);
    }
  }
  std::fclose(maps);
#else
  (void)from, (void)bytes;
#endif
}

}  // namespace handrail
