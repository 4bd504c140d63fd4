/* A power cut, as far as it matters to a database: what was not synced is gone.
 *
 * Preloaded into the server, this keeps a copy of each database file as it was when it was last synced, in $SHADOW_DIR. After
 * a kill, the test puts the copies in the place of the files. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static int ends_with(const char *text, const char *end) {
    size_t length = strlen(text), end_length = strlen(end);
    return length >= end_length && strcmp(text + length - end_length, end) == 0;
}

static void copy(int from, const char *name, const char *folder) {
    static char block[1 << 20];
    char draft[PATH_MAX], kept[PATH_MAX];
    off_t offset = 0;
    ssize_t count;
    snprintf(draft, sizeof draft, "%s/draft", folder);
    snprintf(kept, sizeof kept, "%s/%s", folder, name);
    int to = open(draft, O_CREAT | O_TRUNC | O_WRONLY, 0600);
    if (to < 0)
        abort();
    while ((count = pread(from, block, sizeof block, offset)) > 0) {
        if (write(to, block, count) != count)
            abort();
        offset += count;
    }
    close(to);
    if (count < 0 || rename(draft, kept) != 0)
        abort();
}

static void keep(int fd) {
    const char *folder = getenv("SHADOW_DIR");
    char link[64], path[PATH_MAX];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (folder == NULL || length <= 0)
        return;
    path[length] = 0;
    if (!ends_with(path, ".db") && !ends_with(path, ".db-wal"))
        return;
    pthread_mutex_lock(&one_at_a_time);
    copy(fd, strrchr(path, '/') + 1, folder);
    pthread_mutex_unlock(&one_at_a_time);
}

static int sync_and_keep(const char *name, int fd) {
    int (*sync_file)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    int failed = sync_file(fd);
    if (!failed)
        keep(fd);
    return failed;
}

int fsync(int fd) { return sync_and_keep("fsync", fd); }

int fdatasync(int fd) { return sync_and_keep("fdatasync", fd); }
