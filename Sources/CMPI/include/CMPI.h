#pragma once

// What Lockstep uses of MPI, spelled so that Swift can import it: mpi.h itself stays out of sight,
// because its constants are macros with casts. Every cmpi_ function that wraps a call of MPI
// returns MPI's code, 0 for success. Ranks and tags are those of a private duplicate of
// MPI_COMM_WORLD. Calls must not overlap: MPI is started with MPI_THREAD_SERIALIZED.

#include <stddef.h>
#include <stdint.h>

// MARK: - The life of MPI

/// Starts MPI and makes its errors codes. Must be called once, by all ranks.
int cmpi_start(void);
/// Ends MPI. Must be called by all ranks; waits for them.
int cmpi_finish(void);
/// Ends every process of the world with `code`. Does not return.
_Noreturn void cmpi_abort(int code);
/// Writes the text of MPI's `code` to `text` of `capacity` bytes, zero-terminated.
void cmpi_describe_error(int code, char *text, size_t capacity);

// MARK: - Who there is

int cmpi_get_rank(int *rank);
int cmpi_get_size(int *size);
/// Groups the ranks that can share memory. Must be called by all ranks; waits for them.
int cmpi_find_node(int *node_rank, int *node_size);

// MARK: - Messages

/// A transfer that was started; 0 when it is done.
typedef uint64_t cmpi_request;

int cmpi_start_send(
    const void *bytes, size_t count, int destination, int tag, cmpi_request *request);
int cmpi_start_receive(void *bytes, size_t count, int source, int tag, cmpi_request *request);
/// Moves transfers along; `done` becomes 1, and `count` the bytes received, when this one is over.
int cmpi_test(cmpi_request *request, int *done, size_t *count);
/// Looks for a message with `tag` from any rank that nobody has received yet.
int cmpi_probe(int tag, int *found, int *source, size_t *count);
/// The largest count of bytes in one message.
size_t cmpi_message_limit(void);
/// The largest tag.
int cmpi_tag_limit(void);

// MARK: - Shared memory

/// Allocates `count` bytes, on a page boundary, that the ranks of this node share, all of them by the
/// node's first rank, and never touches them. Must be called by all ranks; waits for them.
int cmpi_allocate_shared(size_t count, void **base);

/// Reads a word that another process may be writing, before all that follows.
static inline uint64_t cmpi_load_acquire(const uint64_t *word) {
  return __atomic_load_n(word, __ATOMIC_ACQUIRE);
}

/// Writes a word that another process may be reading, after all that precedes.
static inline void cmpi_store_release(uint64_t *word, uint64_t value) {
  __atomic_store_n(word, value, __ATOMIC_RELEASE);
}

/// Adds to a word that other processes may be adding to, and returns what it held before.
static inline uint64_t cmpi_fetch_add(uint64_t *word, uint64_t value) {
  return __atomic_fetch_add(word, value, __ATOMIC_ACQ_REL);
}

// MARK: - Deadlines of calls that block

/// Ends the process with `code`, after writing `message` to standard error, unless
/// `cmpi_disarm_guard` is called within `seconds`. One guard at a time. Returns an errno.
int cmpi_arm_guard(double seconds, const char *message, int code);
void cmpi_disarm_guard(void);
