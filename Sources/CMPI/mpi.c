#include "CMPI.h"

#include <limits.h>
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(sizeof(MPI_Request) <= sizeof(cmpi_request), "a request must fit in a word");

static MPI_Comm world = MPI_COMM_NULL;
static MPI_Comm node = MPI_COMM_NULL;

static MPI_Request unpack(cmpi_request packed) {
  if (packed == 0) {
    return MPI_REQUEST_NULL;
  }
  MPI_Request request;
  memcpy(&request, &packed, sizeof request);
  return request;
}

static cmpi_request pack(MPI_Request request) {
  cmpi_request packed = 0;
  if (request != MPI_REQUEST_NULL) {
    memcpy(&packed, &request, sizeof request);
  }
  return packed;
}

int cmpi_start(void) {
  int provided = MPI_THREAD_SINGLE;
  int code = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &provided);
  if (code != MPI_SUCCESS) {
    return code;
  }
  code = MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
  if (code != MPI_SUCCESS) {
    return code;
  }
  code = MPI_Comm_dup(MPI_COMM_WORLD, &world);
  if (code != MPI_SUCCESS) {
    return code;
  }
  return MPI_Comm_set_errhandler(world, MPI_ERRORS_RETURN);
}

int cmpi_finish(void) { return MPI_Finalize(); }

void cmpi_abort(int code) {
  MPI_Abort(MPI_COMM_WORLD, code);
  _Exit(code);
}

void cmpi_describe_error(int code, char *text, size_t capacity) {
  char full[MPI_MAX_ERROR_STRING + 1] = {0};
  int length = 0;
  if (MPI_Error_string(code, full, &length) != MPI_SUCCESS) {
    snprintf(full, sizeof full, "MPI error %d", code);
  }
  snprintf(text, capacity, "%s", full);
}

int cmpi_get_rank(int *rank) { return MPI_Comm_rank(world, rank); }

int cmpi_get_size(int *size) { return MPI_Comm_size(world, size); }

int cmpi_find_node(int *node_rank, int *node_size) {
  int code = MPI_Comm_split_type(world, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node);
  if (code != MPI_SUCCESS) {
    return code;
  }
  code = MPI_Comm_set_errhandler(node, MPI_ERRORS_RETURN);
  if (code != MPI_SUCCESS) {
    return code;
  }
  code = MPI_Comm_rank(node, node_rank);
  return code != MPI_SUCCESS ? code : MPI_Comm_size(node, node_size);
}

int cmpi_start_send(
    const void *bytes, size_t count, int destination, int tag, cmpi_request *request) {
  if (count > cmpi_message_limit()) {
    return MPI_ERR_COUNT;
  }
  MPI_Request started = MPI_REQUEST_NULL;
  int code = MPI_Isend(bytes, (int)count, MPI_BYTE, destination, tag, world, &started);
  *request = pack(started);
  return code;
}

int cmpi_start_receive(void *bytes, size_t count, int source, int tag, cmpi_request *request) {
  if (count > cmpi_message_limit()) {
    return MPI_ERR_COUNT;
  }
  MPI_Request started = MPI_REQUEST_NULL;
  int code = MPI_Irecv(bytes, (int)count, MPI_BYTE, source, tag, world, &started);
  *request = pack(started);
  return code;
}

int cmpi_test(cmpi_request *request, int *done, size_t *count) {
  MPI_Request tested = unpack(*request);
  MPI_Status status;
  int code = MPI_Test(&tested, done, &status);
  *request = pack(tested);
  if (code != MPI_SUCCESS || !*done) {
    return code;
  }
  int received = 0;
  code = MPI_Get_count(&status, MPI_BYTE, &received);
  *count = received == MPI_UNDEFINED ? 0 : (size_t)received;
  return code;
}

int cmpi_probe(int tag, int *found, int *source, size_t *count) {
  MPI_Status status;
  int code = MPI_Iprobe(MPI_ANY_SOURCE, tag, world, found, &status);
  if (code != MPI_SUCCESS || !*found) {
    return code;
  }
  *source = status.MPI_SOURCE;
  int waiting = 0;
  code = MPI_Get_count(&status, MPI_BYTE, &waiting);
  *count = waiting == MPI_UNDEFINED ? 0 : (size_t)waiting;
  return code;
}

size_t cmpi_message_limit(void) { return INT_MAX; }

int cmpi_tag_limit(void) {
  int *limit = NULL;
  int found = 0;
  if (MPI_Comm_get_attr(world, MPI_TAG_UB, &limit, &found) != MPI_SUCCESS || !found) {
    return 32767;
  }
  return *limit;
}

int cmpi_allocate_shared(size_t count, void **base) {
  int rank = 0;
  int code = MPI_Comm_rank(node, &rank);
  if (code != MPI_SUCCESS) {
    return code;
  }
  // MPI aligns windows to words. Every rank maps the file behind this one at a page, so rounding up
  // to a page is the same place for all.
  const uintptr_t page = 4096;
  MPI_Aint own = rank == 0 ? (MPI_Aint)(count + page) : 0;
  // The window lives as long as the process: to free it would be one more call that blocks.
  MPI_Win window = MPI_WIN_NULL;
  void *start = NULL;
  code = MPI_Win_allocate_shared(own, 1, MPI_INFO_NULL, node, &start, &window);
  if (code != MPI_SUCCESS) {
    return code;
  }
  MPI_Aint size = 0;
  int unit = 0;
  code = MPI_Win_shared_query(window, 0, &size, &unit, &start);
  *base = (void *)(((uintptr_t)start + page - 1) & ~(page - 1));
  return code;
}
