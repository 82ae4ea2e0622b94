// Products of a few rows with a matrix of 4 or 8 bit codes in groups of inputs, or of 4, 5 or 6 bit
// codes in super-blocks.
//
// Layout of a matrix (outputs x inputs), both padded: blocks of 16 outputs, one after the other; in
// a block, 64 bytes for every 4 inputs (8 bits) or 8 inputs (4 bits): output by output the codes of
// 4 inputs, and in the high halves of 4 bit codes those of the next 4 inputs. Scales and zeros:
// (blocks, groups, 16). A weight is (code - zero) * scale.
//
// Super-blocks are of 256 inputs, as in GGUF's K formats. For every 32 inputs the codes' low halves
// stand as above, then what is above them: 64 bytes whose bit k is of inputs 4 k to 4 k + 3 (5 bits),
// or twice 64 bytes with two bits for each of four times 4 inputs (6 bits). `parts`
// (blocks, steps, 2, 16) holds for 32 inputs a scale and a minimum (4 and 5 bits), or the signed
// scales of the first 16 and of the last (6 bits); `scales` (blocks, super-blocks, 2 or 1, 16) what
// they are multiplied with. A weight is scale * code - minimum, or scale * (code - 32).
//
// Inputs are rounded to 8 bits, 32 of them with one scale, so that sums are exact in 32 bits.
#pragma once

#include <cstdint>
#include <memory>

namespace handrail {

constexpr int kLanes = 16;  // outputs of a block
constexpr int kStep = 32;   // inputs that share a scale of their own
constexpr int kSuper = 8;   // steps of a super-block

enum class Scale : int { float16, bfloat16, float32 };

struct Matrix {
  const uint8_t* codes;
  const void* scales;
  const uint8_t* zeros;  // null: half of the codes' range
  int64_t outputs;       // as asked for; the blocks' last rows may be padding
  int64_t inputs;        // as asked for; the layout has them padded to whole steps
  int64_t group;         // inputs of a group, a multiple of kStep
  int bits;              // 4 or 8; in super-blocks 4, 5 or 6
  Scale type;            // of the scales
  const uint8_t* parts;  // null: no super-blocks

  bool halves() const { return parts && bits == 6; }  // have 16 inputs each a scale?
  int64_t steps() const { return (inputs + kStep - 1) / kStep; }
  int64_t groups() const { return (inputs + group - 1) / group; }
  int64_t blocks() const { return (outputs + kLanes - 1) / kLanes; }
  int64_t block_bytes() const { return kLanes * kStep * bits / 8 * steps(); }
};

// Rows rounded to 8 bits: values (rows, steps * 32), scales and offsets (rows, steps), and
// `sums`, what a group's rounded inputs add up to, (rows, groups).
struct Rounded {
  int64_t rows;
  int8_t* values;
  float* scales;
  int32_t* offsets;  // minus the inputs' sum times the zero of matrices without zeros; of halves two
  float* sums;
};

// What one instruction set offers.
struct Way {
  const char* name;
  int rows;  // most rows of one call of `tile`
  // Products of rows [row, row + count) with one block; out is (count, stride) floats.
  void (*tile)(const Matrix&, const Rounded&, int64_t block, int64_t row, int count, float* out,
               int64_t stride);
};

const Way* avx512_way();   // each null where it was not compiled or this processor lacks it
const Way* avxvnni_way();
const Way* avx2_way();
const Way* vnni256_way();  // the same arithmetic as avxvnni in another encoding: for tests

struct Ends {
  const void* input;  // (rows, inputs)
  void* output;       // (rows, outputs)
  const float* bias;  // (outputs), or null
  int64_t rows;
  bool bfloat16;  // both ends, else float32
};

class Job;
// Rounds the rows; the job holds all of its own but the matrix, and writes the output.
std::shared_ptr<Job> product_job(const Matrix&, const Ends&, const Way&);

void round_rows(const Matrix&, const Ends&, const Rounded&);
void store_row(const float* from, const float* bias, int64_t count, bool bfloat16, void* to);

}  // namespace handrail
