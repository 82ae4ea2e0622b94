// What a block of the vision tower does to single numbers, in place, in bfloat16 by float32.
#pragma once

#include <cstdint>
#include <memory>

namespace handrail {

class Job;

// Heads of queries and keys: `rows` rows from `at` on, `stride` apart, each of `heads` heads of
// `dim` numbers, which turn by its row of the cosines and sines, each (rows, dim).
struct Turned {
  uint16_t* at;
  int64_t rows, stride, heads, dim;
  const float *cosines, *sines;
};

bool can_point();  // has this processor AVX512-BF16, and was the kernel compiled?
std::shared_ptr<Job> gelu_job(uint16_t* at, int64_t count);
std::shared_ptr<Job> turn_job(const Turned&);

}  // namespace handrail
