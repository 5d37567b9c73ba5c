/*
 * The yardstick of parsing: walks vars blocks with the checks of src/codec/vars.ts and stores the
 * offsets of all keys and values. Reads packets, one behind another, from a file and walks them in
 * turns; prints nanoseconds per packet.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MOST_BYTES (1 << 22)
#define MOST_PACKETS 64
#define MOST_VARS 1000

static uint8_t bytes[MOST_BYTES];
static uint32_t offsets[2 * MOST_VARS];

static uint32_t u16(const uint8_t *at) { return at[0] | at[1] << 8; }

__attribute__((noinline)) static long walk(const uint8_t *packet) {
  uint32_t at = 4, end = 4 + u16(packet + 1), count = 0;
  while (at < end) {
    if (count == MOST_VARS || end - at < 2) return -1;
    uint32_t key = u16(packet + at);
    at += 2;
    if (key == 0 || key > end - at) return -1;
    offsets[2 * count] = at;
    at += key;
    if (end - at < 2) return -1;
    uint32_t value = u16(packet + at);
    at += 2;
    if (value > end - at) return -1;
    offsets[2 * count + 1] = at;
    at += value;
    count++;
  }
  return count;
}

int main(int argc, char **argv) {
  if (argc != 3) return 2;
  FILE *file = fopen(argv[1], "rb");
  if (file == NULL) return 2;
  size_t length = fread(bytes, 1, MOST_BYTES, file);
  const uint8_t *packets[MOST_PACKETS];
  long count = 0, times = atol(argv[2]), sum = 0;
  for (size_t at = 0; at + 4 <= length && count < MOST_PACKETS; at += 4 + u16(bytes + at + 1)) {
    packets[count++] = bytes + at;
    if (walk(bytes + at) < 0) return 3;
  }
  if (count == 0) return 3;
  struct timespec from, to;
  clock_gettime(CLOCK_MONOTONIC, &from);
  for (long i = 0, turn = 0; i < times; i++) {
    __asm__ volatile("" ::: "memory");
    sum += walk(packets[turn]);
    if (++turn == count) turn = 0;
  }
  clock_gettime(CLOCK_MONOTONIC, &to);
  printf("%f %ld\n", ((to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec)) / times, sum);
  return 0;
}
