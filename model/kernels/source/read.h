#pragma once

#include <cstdint>
#include <memory>

namespace handrail {

class Job;
// Reads so many bytes once.
std::shared_ptr<Job> read_job(const void* from, int64_t bytes);

// Takes pages of a mapped file, and only such, out of this process's memory; they come back, as the
// file has them, when they are read.
void let_go(const void* from, int64_t bytes);

}  // namespace handrail
