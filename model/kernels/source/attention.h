// Attention of every query to every key, in bfloat16 with float32 sums.
#pragma once

#include <cstdint>
#include <memory>

namespace handrail {

constexpr int64_t kMostDim = 80;

// Rows of one kind: element (batch, head, row, d) lies at the sum of the strides; d lies together.
struct Rows {
  uint16_t* at;
  int64_t batch, head, row;
};

struct Attention {
  Rows query, key, value, out;
  int64_t batches, heads, length, dim;  // dim is even and at most kMostDim
  float scale;
};

class Job;
bool can_attend();  // has this processor AVX512-BF16, and was the kernel compiled?
std::shared_ptr<Job> attention_job(const Attention&);

}  // namespace handrail
