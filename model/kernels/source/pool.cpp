#include "pool.h"

#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

namespace handrail {
namespace {

using Clock = std::chrono::steady_clock;
constexpr double kSpinSeconds = 100e-6;   // how long an idle thread looks for the next job
constexpr double kLeastPatience = 20e-6;  // less than this a late part is not called late
constexpr int kMostThreads = 64;
constexpr int kTries = 200;               // to take a lock that is held for some instructions

double since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

void relax() {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#endif
}

class Pool {
 public:
  void run(const std::shared_ptr<Job>& job, int threads) {
    std::unique_lock<std::mutex> caller(callers_, std::try_to_lock);
    std::vector<char> result;
    if (threads <= 1 || !caller.owns_lock()) {  // another caller has the threads: do it alone
      job->help(result);
      return;
    }
    start(threads - 1);
    job->helpers = threads - 1;
    publish(job);
    const double part = job->help(result_);
    job->finish(2 * part + kLeastPatience, result_);
    publish(nullptr);
  }

 private:
  // Shows a job to the others, or takes it back. A thread that lost its core while it held the lock
  // is not waited for: then the job is done alone, or stays in sight until the next one.
  void publish(const std::shared_ptr<Job>& job) {
    std::unique_lock<std::mutex> hold(mutex_, std::defer_lock);
    for (int i = 0; i < kTries && !hold.try_lock(); ++i) relax();
    if (!hold.owns_lock()) return;
    current_ = job;
    if (!job) return;
    count_.fetch_add(1, std::memory_order_release);
    const bool wake = sleeping_ > 0;
    hold.unlock();
    if (wake) wakeup_.notify_all();
  }

  void start(int helpers) {
    while (started_ < helpers && started_ < kMostThreads) {
      try {
        std::thread(&Pool::serve, this, started_).detach();
      } catch (const std::system_error&) {
        return;  // the system gives no more threads: fewer do
      }
      ++started_;
    }
  }

  void serve(int index) {
    uint64_t seen = 0;
    std::vector<char> result;
    for (;;) {
      std::shared_ptr<Job> job = next(seen);
      if (job && index < job->helpers) job->help(result);
    }
  }

  std::shared_ptr<Job> next(uint64_t& seen) {
    const Clock::time_point start = Clock::now();
    while (count_.load(std::memory_order_acquire) == seen && since(start) < kSpinSeconds) {
      for (int i = 0; i < 32; ++i) relax();
    }
    std::unique_lock<std::mutex> hold(mutex_);
    ++sleeping_;
    wakeup_.wait(hold, [&] { return count_.load(std::memory_order_relaxed) != seen; });
    --sleeping_;
    seen = count_.load(std::memory_order_relaxed);
    return current_;
  }

  std::mutex callers_;
  std::vector<char> result_;
  std::mutex mutex_;
  std::condition_variable wakeup_;
  std::shared_ptr<Job> current_;
  std::atomic<uint64_t> count_{0};
  int sleeping_ = 0;
  int started_ = 0;
};

// Never destroyed: its threads may outlive main(). A forked process has no threads of its parent's
// and may have inherited a held lock, so it gets a pool of its own.
Pool& pool() {
  static std::mutex making;
  static std::atomic<Pool*> made{nullptr};
  static std::atomic<pid_t> owner{0};
  const pid_t self = getpid();
  if (owner.load(std::memory_order_acquire) != self) {
    std::lock_guard<std::mutex> hold(making);
    if (owner.load(std::memory_order_relaxed) != self) {
      made.store(new Pool, std::memory_order_relaxed);
      owner.store(self, std::memory_order_release);
    }
  }
  return *made.load(std::memory_order_relaxed);
}

}  // namespace

Job::Job(int64_t parts, size_t result_bytes)
    : parts_(parts), result_bytes_(result_bytes), states_(new std::atomic<uint8_t>[parts]) {
  for (int64_t part = 0; part < parts; ++part) states_[part].store(open, std::memory_order_relaxed);
}

void Job::attempt(int64_t part, std::vector<char>& result) {
  if (result.size() < result_bytes_) result.resize(result_bytes_);
  compute(part, result.data());
  uint8_t expected = open;
  if (states_[part].compare_exchange_strong(expected, committing, std::memory_order_acq_rel)) {
    commit(part, result.data());
    states_[part].store(done, std::memory_order_release);
    done_.fetch_add(1, std::memory_order_release);
  }
}

double Job::help(std::vector<char>& result) {
  Clock::time_point start = Clock::now();
  double last = 0;
  for (;;) {
    const int64_t part = next_.fetch_add(1, std::memory_order_relaxed);
    if (part >= parts_) return last;
    attempt(part, result);
    last = since(start);
    start = Clock::now();
  }
}

void Job::finish(double patience, std::vector<char>& result) {
  const Clock::time_point start = Clock::now();
  while (done_.load(std::memory_order_acquire) < parts_ && since(start) < patience) relax();
  for (int64_t part = 0; part < parts_; ++part) {
    if (states_[part].load(std::memory_order_acquire) == open) attempt(part, result);
  }
  // What is left is in the few instructions of being put in its place.
  while (done_.load(std::memory_order_acquire) < parts_) std::this_thread::yield();
}

void run(const std::shared_ptr<Job>& job, int threads) { pool().run(job, threads); }

}  // namespace handrail
