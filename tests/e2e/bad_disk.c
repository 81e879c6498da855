/* bad_disk - a disk that fails or is slow while the server runs: preloaded into it.
 *
 * BAD_DISK names a directory. What a file there holds happens to each such call for the store's
 * files, as long as the file is there: an errno fails it, a negative number of milliseconds delays
 * it.
 *
 *     pwrite       any write             meta     a write of LMDB's first two pages
 *     fdatasync    a sync; each write of commit.redo is one as well
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum {
    META_BYTES = 2 * 4096,
};

static bool
is_file(int fd, const char *name)
{
    char link[64], path[512];
    ssize_t len, name_len = (ssize_t)strlen(name);

    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    len = readlink(link, path, sizeof path);
    return len > name_len && memcmp(path + len - name_len, name, (size_t)name_len) == 0;
}

/* True: it fails, and errno is set. */
static bool
fails(int fd, const char *call)
{
    const char *directory = getenv("BAD_DISK");
    char path[512], text[16] = "";
    int file, number;

    if (directory == NULL || (!is_file(fd, "/data.mdb") && !is_file(fd, "/commit.redo")))
        return false;
    snprintf(path, sizeof path, "%s/%s", directory, call);
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return false;
    if (read(file, text, sizeof text - 1) < 0)
        text[0] = '\0';
    close(file);
    number = atoi(text);
    if (number < 0) {
        struct timespec delay = { -number / 1000, -number % 1000 * 1000000L };

        nanosleep(&delay, NULL);
        return false;
    }
    errno = number;
    return number > 0;
}

static bool
write_fails(int fd, off_t at)
{
    if (fails(fd, "pwrite"))
        return true;
    if (is_file(fd, "/commit.redo"))
        return fails(fd, "fdatasync");
    return at < META_BYTES && fails(fd, "meta");
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    ssize_t (*real)(int, const void *, size_t, off_t);

    *(void **)&real = dlsym(RTLD_NEXT, "pwrite");
    return write_fails(fd, at) ? -1 : real(fd, bytes, len, at);
}

/* How LMDB writes pages that lie side by side; the metas do not. */
ssize_t
writev(int fd, const struct iovec *parts, int count)
{
    ssize_t (*real)(int, const struct iovec *, int);

    *(void **)&real = dlsym(RTLD_NEXT, "writev");
    return write_fails(fd, META_BYTES) ? -1 : real(fd, parts, count);
}

int
fdatasync(int fd)
{
    int (*real)(int);

    *(void **)&real = dlsym(RTLD_NEXT, "fdatasync");
    return fails(fd, "fdatasync") ? -1 : real(fd);
}
