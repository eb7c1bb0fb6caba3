#include <stdlib.h>

#include "CKernels.h"

// Swift has no thread-local variables.
typedef struct {
  void *memory;
  int64_t size;
} buffer;

static void *at_least(buffer *buffer, int64_t bytes) {
  if (bytes > buffer->size) {
    free(buffer->memory);
    buffer->size = (bytes + 4095) / 4096 * 4096;
    buffer->memory = aligned_alloc(4096, (size_t)buffer->size);
    if (!buffer->memory) buffer->size = 0;
  }
  return buffer->memory;
}

void *ck_thread_scratch(int64_t bytes) {
  static _Thread_local buffer scratch;
  return at_least(&scratch, bytes);
}

void *ck_thread_operands(int64_t bytes) {
  static _Thread_local buffer operands;
  return at_least(&operands, bytes);
}
