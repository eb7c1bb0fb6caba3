// A library to preload: a timer asks for a signal every 100 microseconds, and its handler writes over
// the stack that it is given, as any handler may. Says at the end how many came.
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

static volatile long count;

static void note(int number) {
  volatile char used[512];
  (void)number;
  for (unsigned i = 0; i < sizeof(used); i++) used[i] = (char)i;
  count++;
}

static void start_timer(long microseconds) {
  struct itimerval timer = {{0, microseconds}, {0, microseconds}};
  setitimer(ITIMER_REAL, &timer, NULL);
}

__attribute__((constructor)) static void begin(void) {
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = note;
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, NULL);
  start_timer(100);
}

__attribute__((destructor)) static void end(void) {
  char text[64];
  start_timer(0);
  int length = snprintf(text, sizeof(text), "signals: %ld\n", count);
  if (write(STDERR_FILENO, text, (size_t)length) != length) _exit(1);
}
