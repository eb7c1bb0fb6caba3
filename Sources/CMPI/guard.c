#define _GNU_SOURCE
#include "CMPI.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t disarmed;
static pthread_t watcher;
static int armed = 0;
static struct timespec deadline;
static char text[1024];
static int exit_code = 0;

static void *watch(void *unused) {
  (void)unused;
  pthread_mutex_lock(&mutex);
  int code = 0;
  while (armed && code != ETIMEDOUT) {
    code = pthread_cond_timedwait(&disarmed, &mutex, &deadline);
  }
  if (armed) {
    // Not exit(): the main thread hangs inside MPI, and its handlers would hang with it.
    ssize_t ignored = write(STDERR_FILENO, text, strlen(text));
    (void)ignored;
    _exit(exit_code);
  }
  pthread_mutex_unlock(&mutex);
  return NULL;
}

int cmpi_arm_guard(double seconds, const char *message, int code) {
  snprintf(text, sizeof text, "%s\n", message);
  exit_code = code;
  clock_gettime(CLOCK_MONOTONIC, &deadline);
  double whole = (double)(time_t)seconds;
  deadline.tv_sec += (time_t)whole;
  deadline.tv_nsec += (long)((seconds - whole) * 1e9);
  if (deadline.tv_nsec >= 1000000000L) {
    deadline.tv_sec += 1;
    deadline.tv_nsec -= 1000000000L;
  }
  pthread_condattr_t monotonic;
  pthread_condattr_init(&monotonic);
  pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  pthread_cond_init(&disarmed, &monotonic);
  pthread_condattr_destroy(&monotonic);
  armed = 1;
  // Signals stay with the threads that expect them.
  sigset_t all, previous;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &previous);
  int failure = pthread_create(&watcher, NULL, watch, NULL);
  pthread_sigmask(SIG_SETMASK, &previous, NULL);
  if (failure != 0) {
    armed = 0;
  }
  return failure;
}

void cmpi_disarm_guard(void) {
  pthread_mutex_lock(&mutex);
  int was_armed = armed;
  armed = 0;
  pthread_cond_signal(&disarmed);
  pthread_mutex_unlock(&mutex);
  if (was_armed) {
    pthread_join(watcher, NULL);
    pthread_cond_destroy(&disarmed);
  }
}
