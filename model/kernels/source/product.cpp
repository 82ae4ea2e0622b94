#include "product.h"

#include <algorithm>
#include <cstring>

#include "pool.h"

namespace handrail {
namespace {

constexpr int64_t kTileRows = 64;           // rows whose rounded inputs stay in the second cache
constexpr int64_t kPartBytes = 64 * 1024;   // of the matrix, where rows are few
constexpr int64_t kPartProducts = 1 << 22;  // multiplications, where rows are many

int64_t up(int64_t count, int64_t size) { return (count + size - 1) / size; }

// How a product is cut: parts of some rows and some blocks.
struct Cut {
  int64_t rows, blocks, across;

  Cut(const Matrix& matrix, int64_t all_rows) : rows(std::min(all_rows, kTileRows)) {
    const int64_t by_bytes = kPartBytes / matrix.block_bytes();
    const int64_t by_work = kPartProducts / (kLanes * kStep * matrix.steps() * rows);
    const int64_t most = matrix.blocks();
    blocks = std::clamp<int64_t>(std::min(by_bytes, by_work), 1, most);
    across = up(most, blocks);
  }
  int64_t parts(int64_t all_rows) const { return across * up(all_rows, rows); }
  int64_t stride() const { return blocks * kLanes; }
};

class Product : public Job {
 public:
  Product(const Matrix& matrix, const Ends& ends, const Way& way, const Cut& cut)
      : Job(cut.parts(ends.rows), cut.rows * cut.stride() * sizeof(float)),
        matrix_(matrix), ends_(ends), way_(way), cut_(cut),
        values_(new int8_t[ends.rows * matrix.steps() * kStep]),
        scales_(new float[ends.rows * matrix.steps()]),
        offsets_(new int32_t[ends.rows * matrix.steps() * (matrix.halves() ? 2 : 1)]),
        sums_(new float[ends.rows * matrix.groups()]),
        rounded_{ends.rows, values_.get(), scales_.get(), offsets_.get(), sums_.get()} {
    round_rows(matrix, ends, rounded_);
  }

 protected:
  void compute(int64_t part, char* result) const override {
    const int64_t row = part / cut_.across * cut_.rows, block = part % cut_.across * cut_.blocks;
    const int64_t rows = std::min(ends_.rows, row + cut_.rows);
    const int64_t blocks = std::min(matrix_.blocks(), block + cut_.blocks);
    float* out = reinterpret_cast<float*>(result);
    for (int64_t b = block; b < blocks; ++b) {
      for (int64_t r = row; r < rows;) {
        // equal tiles: five rows as 3 and 2 rather than 4 and 1
        const int64_t tiles = up(rows - r, way_.rows), count = up(rows - r, tiles);
        float* to = out + (r - row) * cut_.stride() + (b - block) * kLanes;
        way_.tile(matrix_, rounded_, b, r, static_cast<int>(count), to, cut_.stride());
        r += count;
      }
    }
  }

  void commit(int64_t part, const char* result) const override {
    const int64_t row = part / cut_.across * cut_.rows;
    const int64_t column = part % cut_.across * cut_.stride();
    const int64_t rows = std::min(ends_.rows, row + cut_.rows);
    const int64_t columns = std::min(cut_.stride(), matrix_.outputs - column);
    const float* from = reinterpret_cast<const float*>(result);
    const int64_t size = ends_.bfloat16 ? 2 : 4;
    for (int64_t r = row; r < rows; ++r, from += cut_.stride()) {
      char* to = static_cast<char*>(ends_.output) + (r * matrix_.outputs + column) * size;
      store_row(from, ends_.bias ? ends_.bias + column : nullptr, columns, ends_.bfloat16, to);
    }
  }

 private:
  const Matrix matrix_;
  const Ends ends_;
  const Way way_;
  const Cut cut_;
  std::unique_ptr<int8_t[]> values_;
  std::unique_ptr<float[]> scales_;
  std::unique_ptr<int32_t[]> offsets_;
  std::unique_ptr<float[]> sums_;
  const Rounded rounded_;
};

}  // namespace

std::shared_ptr<Job> product_job(const Matrix& matrix, const Ends& ends, const Way& way) {
  return std::make_shared<Product>(matrix, ends, way, Cut(matrix, ends.rows));
}

}  // namespace handrail
