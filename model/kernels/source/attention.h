// Attention of every query to every key, in bfloat16 with float32 sums.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

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
struct Scratch;

// By which instructions a head is computed from what is packed; dims are packed in multiples.
struct AttentionWay {
  const char* name;
  int64_t deep;
  void (*head)(const uint16_t* queries, const Attention&, const Scratch&);
};

const AttentionWay* amx_attention();                   // null without AMX
std::vector<const AttentionWay*> attention_ways();     // what this processor has, the best first
std::shared_ptr<Job> attention_job(const Attention&, const AttentionWay&);

}  // namespace handrail
