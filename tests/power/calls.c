/* calls - the system calls by which a store reaches its files, each told to the trace.
 *
 * Linked into one test and into no other: what the executable defines comes before libc, for
 * liblmdb as well. O_DSYNC and syncs are told and not done. liblmdb 0.9 uses open, pwrite,
 * lseek with writev, fdatasync (fsync on old kernels) and ftruncate, the store posix_fallocate; its meta page goes
 * through a second descriptor with O_DSYNC. What it might do beside these is found by
 * comparing the files with what the trace adds up to.
 */
#include "tests/power/trace.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <stdio.h>

int
open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    bool is_new = false;
    int fd;

    if ((flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE) {
        va_list args;

        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
        is_new = access(path, F_OK) != 0;
    }
    fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags & ~O_SYNC, mode);
    if (fd >= 0)
        trace_opened(fd, path, (flags & O_DSYNC) != 0, is_new);
    return fd;
}

ssize_t
pwrite(int fd, const void *bytes, size_t len, off_t at)
{
    ssize_t done = syscall(SYS_pwrite64, fd, bytes, len, at);

    if (done > 0)
        trace_written(fd, bytes, (size_t)done, (size_t)at);
    return done;
}

/* Each piece by itself: a write is as likely torn between two of them as within one. */
static void
tell_pieces(int fd, const struct iovec *pieces, int count, size_t done, size_t at)
{
    for (int i = 0; i < count && done > 0; i++) {
        size_t len = pieces[i].iov_len < done ? pieces[i].iov_len : done;

        trace_written(fd, pieces[i].iov_base, len, at);
        at += len;
        done -= len;
    }
}

ssize_t
pwritev(int fd, const struct iovec *pieces, int count, off_t at)
{
    ssize_t done = syscall(SYS_pwritev, fd, pieces, count, at, 0);

    if (done > 0)
        tell_pieces(fd, pieces, count, (size_t)done, (size_t)at);
    return done;
}

ssize_t
writev(int fd, const struct iovec *pieces, int count)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = syscall(SYS_writev, fd, pieces, count);

    if (done > 0 && at >= 0)
        tell_pieces(fd, pieces, count, (size_t)done, (size_t)at);
    return done;
}

ssize_t
write(int fd, const void *bytes, size_t len)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    ssize_t done = syscall(SYS_write, fd, bytes, len);

    if (done > 0 && at >= 0)
        trace_written(fd, bytes, (size_t)done, (size_t)at);
    return done;
}

int
ftruncate(int fd, off_t len)
{
    int rc = (int)syscall(SYS_ftruncate, fd, len);

    if (rc == 0)
        trace_resized(fd, (size_t)len);
    return rc;
}

/* What is allocated and not written reads as zeros. */
int
posix_fallocate(int fd, off_t from, off_t len)
{
    struct stat before;
    int rc = fstat(fd, &before);

    if (rc == 0)
        rc = (int)syscall(SYS_fallocate, fd, 0, from, len);
    if (rc != 0)
        return errno;
    if (from + len > before.st_size)
        trace_resized(fd, (size_t)(from + len));
    return 0;
}

int
fdatasync(int fd)
{
    trace_synced(fd);
    return fcntl(fd, F_GETFD) < 0 ? -1 : 0;
}

int
fsync(int fd)
{
    return fdatasync(fd);
}

int
mkdir(const char *path, mode_t mode)
{
    int rc = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);

    if (rc == 0)
        trace_made_directory(path);
    return rc;
}

int
rename(const char *from, const char *to)
{
    int rc = (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);

    if (rc == 0)
        trace_renamed(from, to);
    return rc;
}

int
unlink(const char *path)
{
    int rc = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);

    if (rc == 0)
        trace_removed(path);
    return rc;
}

void *
mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
    if (fd >= 0 && (protection & PROT_WRITE) != 0 && (flags & MAP_SHARED) != 0)
        trace_mapped(fd);
    return (void *)syscall(SYS_mmap, at, len, protection, flags, fd, offset);
}

/* As programs with large offsets on 32 bits know them; a liblmdb may be built so. */
int
open64(const char *path, int flags, ...) __attribute__((alias("open")));

ssize_t
pwrite64(int fd, const void *bytes, size_t len, off_t at)
    __attribute__((alias("pwrite")));

ssize_t
pwritev64(int fd, const struct iovec *pieces, int count, off_t at)
    __attribute__((alias("pwritev")));

int
posix_fallocate64(int fd, off_t from, off_t len)
    __attribute__((alias("posix_fallocate")));

int
ftruncate64(int fd, off_t len) __attribute__((alias("ftruncate")));

void *
mmap64(void *at, size_t len, int protection, int flags, int fd, off_t offset)
    __attribute__((alias("mmap")));
