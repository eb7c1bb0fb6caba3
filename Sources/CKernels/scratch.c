#include <stdlib.h>

#include "CKernels.h"

// Swift has no thread-local variables.
static _Thread_local void *memory;
static _Thread_local int64_t size;

void *ck_thread_scratch(int64_t bytes) {
  if (bytes > size) {
    free(memory);
    size = (bytes + 4095) / 4096 * 4096;
    memory = aligned_alloc(4096, (size_t)size);
    if (!memory) size = 0;
  }
  return memory;
}

int ck_is_new_thread(void) {
  static _Thread_local int is_known;
  return !is_known && ++is_known;
}
