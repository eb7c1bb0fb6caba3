// What scripts/torture-checkpoints.sh puts between a program and its files, by LD_PRELOAD.
//
// Operations that change something below TORTURE_FOLDER are counted from 1 and, if TORTURE_LOG is
// set, written there, one a line. Operation number TORTURE_AT ends the process by SIGKILL before it
// is done if TORTURE_ERROR is 0, and otherwise fails with that number; with TORTURE_REST=1 so do all
// that follow.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static long count;

static long number(const char *name) {
  const char *text = getenv(name);
  return text ? atol(text) : 0;
}

// Whether the operation is to fail; errno is set then.
static int fails(const char *operation, const char *path) {
  const char *folder = getenv("TORTURE_FOLDER");
  if (!folder || !path || strncmp(path, folder, strlen(folder)) != 0) return 0;
  pthread_mutex_lock(&lock);
  long place = ++count;
  pthread_mutex_unlock(&lock);
  const char *log = getenv("TORTURE_LOG");
  if (log) {
    int file = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    char line[4600];
    int length = snprintf(line, sizeof line, "%ld %s %s\n", place, operation, path);
    if (REAL(write)(file, line, (size_t)length) != length) abort();
    REAL(close)(file);
  }
  long at = number("TORTURE_AT");
  if (at == 0 || place < at || (place > at && !number("TORTURE_REST"))) return 0;
  if (number("TORTURE_ERROR") == 0) kill(getpid(), SIGKILL);
  errno = (int)number("TORTURE_ERROR");
  return 1;
}

// The path of an open file or folder, and of a name in it.
static const char *path_of(int file, const char *name, char *space, size_t size) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  ssize_t length = readlink(link, space, size - 1);
  if (length < 0) return NULL;
  space[length] = 0;
  if (name) snprintf(space + length, size - (size_t)length, "/%s", name);
  return space;
}

static int fails_on(const char *operation, int file, const char *name) {
  int before = errno;
  char space[4400];
  int failed = fails(operation, path_of(file, name, space, sizeof space));
  if (!failed) errno = before;
  return failed;
}

int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (flags & O_CREAT && fails("create", path)) return -1;
  return REAL(open)(path, flags, mode);
}

ssize_t write(int file, const void *bytes, size_t size) {
  // Standard streams and pipes lie elsewhere.
  return file > 2 && fails_on("write", file, NULL) ? -1 : REAL(write)(file, bytes, size);
}

int fsync(int file) { return fails_on("fsync", file, NULL) ? -1 : REAL(fsync)(file); }

int ftruncate(int file, off_t size) {
  return fails_on("truncate", file, NULL) ? -1 : REAL(ftruncate)(file, size);
}

int rename(const char *from, const char *to) {
  return fails("rename", from) ? -1 : REAL(rename)(from, to);
}

int renameat2(int folder, const char *from, int other, const char *to, unsigned flags) {
  return fails("exchange", from) ? -1 : REAL(renameat2)(folder, from, other, to, flags);
}

int link(const char *from, const char *to) {
  return fails("link", to) ? -1 : REAL(link)(from, to);
}

int unlink(const char *path) { return fails("unlink", path) ? -1 : REAL(unlink)(path); }

int unlinkat(int folder, const char *name, int flags) {
  return fails_on("unlink", folder, name) ? -1 : REAL(unlinkat)(folder, name, flags);
}

int mkdir(const char *path, mode_t mode) {
  return fails("mkdir", path) ? -1 : REAL(mkdir)(path, mode);
}

int rmdir(const char *path) { return fails("rmdir", path) ? -1 : REAL(rmdir)(path); }
