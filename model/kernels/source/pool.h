// A pool of threads that shares out the numbered parts of a job, and waits for nobody.
//
// A part's result goes into memory of the thread that computes it, and is put in its place by the
// one thread that wins the part. A thread that the system has taken from its core in the middle of
// a part therefore delays nobody: the caller computes the part again, and the late result is
// dropped. Waiting threads spin for a bounded time and then sleep.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace handrail {

class Job {
 public:
  Job(int64_t parts, size_t result_bytes);
  virtual ~Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;

  // Takes parts until none is left; returns the seconds that the last one took.
  double help(std::vector<char>& result);
  // Waits for parts that others took, for at most these seconds, then computes them again.
  void finish(double patience, std::vector<char>& result);

  int helpers = 0;

 protected:
  // May run twice for one part, and even after the job is over: it reads only what `owner` keeps.
  virtual void compute(int64_t part, char* result) const = 0;
  // Runs once for each part, before the job is over.
  virtual void commit(int64_t part, const char* result) const = 0;

 private:
  enum State : uint8_t { open, committing, done };

  void attempt(int64_t part, std::vector<char>& result);

  const int64_t parts_;
  const size_t result_bytes_;
  std::atomic<int64_t> next_{0};
  std::atomic<int64_t> done_{0};
  std::unique_ptr<std::atomic<uint8_t>[]> states_;
};

// Does a job with up to `threads` threads, this one among them. When it returns, every part is in
// its place, but a late thread may still read the job's inputs for as long as it shares `job`.
void run(const std::shared_ptr<Job>& job, int threads);

}  // namespace handrail
