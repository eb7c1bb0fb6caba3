// The peer of main.swift: one MPI_Allreduce of as many floats, in place.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static int compare(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  int rank, size, repetitions = argc > 1 ? atoi(argv[1]) : 11, count = 82 << 20;
  MPI_Init(&argc, &argv);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  float *floats = malloc((size_t)count * sizeof(float));
  double *times = malloc((size_t)(repetitions + 1) * sizeof(double));
  if (floats == NULL || times == NULL || repetitions < 1) {
    MPI_Abort(MPI_COMM_WORLD, 71);
  }
  for (int repetition = 0; repetition <= repetitions; ++repetition) {
    for (int i = 0; i < count; ++i) {
      floats[i] = (float)rank;
    }
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    MPI_Allreduce(MPI_IN_PLACE, floats, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    MPI_Barrier(MPI_COMM_WORLD);
    times[repetition] = MPI_Wtime() - start;
  }
  // The first repetition touches memory for the first time.
  qsort(times + 1, (size_t)repetitions, sizeof(double), compare);
  if (rank == 0) {
    printf("MPI_Allreduce on %d ranks: median %.1f ms, fastest %.1f ms\n", size,
           1e3 * times[1 + repetitions / 2], 1e3 * times[1]);
  }
  MPI_Finalize();
  return 0;
}
