// The child side of a sandbox. It runs as a constructor, before the Go runtime
// starts, in a process that was started with the name "strake-sandbox": it reads
// a list of operations from descriptor 3, carries them out in order and reports
// the first failure on descriptor 4. What to do is decided in Go (program.go);
// nothing here makes a choice.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/openat2.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM_FD 3
#define REPORT_FD 4
#define SETUP_FAILED 125

#ifndef MOVE_MOUNT_F_EMPTY_PATH
#define MOVE_MOUNT_F_EMPTY_PATH 0x04
#endif
#ifndef MOVE_MOUNT_T_EMPTY_PATH
#define MOVE_MOUNT_T_EMPTY_PATH 0x40
#endif
#ifndef OPEN_TREE_CLONE
#define OPEN_TREE_CLONE 1
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif
#ifndef SYS_move_mount
#define SYS_move_mount 429
#endif
#ifndef SYS_openat2
#define SYS_openat2 437
#endif
#ifndef SYS_mount_setattr
#define SYS_mount_setattr 442
#endif

struct attr { uint64_t set, clr, propagation, userns_fd; };

enum { BIND_READONLY = 1, BIND_RECURSIVE = 2, BIND_OPTIONAL = 4 };

struct args { uint32_t n; char **v; uint32_t *len; };

static int root_fd = -1;

static uint64_t number(const char *s) { return strtoull(s, NULL, 10); }

// in_root opens a path inside the new root; links in it never lead outside.
static int in_root(const char *path, uint64_t flags) {
	struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	return syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
}

static void fd_path(char *out, size_t size, int fd) { snprintf(out, size, "/proc/self/fd/%d", fd); }

// close: the first of the descriptors to be closed.
static int op_close(struct args *a) { return syscall(SYS_close_range, number(a->v[0]), ~0U, 0); }

static int op_private(struct args *a) {
	(void)a;
	return mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL);
}

// root: descriptor of a detached mount, folder to attach it to.
static int op_root(struct args *a) {
	int fd = number(a->v[0]);
	if (syscall(SYS_move_mount, fd, "", AT_FDCWD, a->v[1], MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return -1;
	close(fd);
	root_fd = open(a->v[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root_fd < 0 ? -1 : 0;
}

// mount: type, target, flags, data, optional ("1": a missing file system is no error).
static int op_mount(struct args *a) {
	char path[64];
	int fd = in_root(a->v[1], O_PATH), err;
	if (fd < 0)
		return a->v[4][0] == '1' ? 0 : -1;
	fd_path(path, sizeof(path), fd);
	err = mount(a->v[0], path, a->v[0], number(a->v[2]), a->v[3]);
	close(fd);
	return err < 0 && a->v[4][0] != '1' ? -1 : 0;
}

static int attach(int tree, int target, uint64_t flags) {
	struct attr attr = {.set = flags & BIND_READONLY ? MS_RDONLY : 0};
	if (attr.set && syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attr, sizeof(attr)) < 0)
		return -1;
	return syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

static int bind_to(int dir, const char *source, const char *target, uint64_t flags) {
	unsigned int how = OPEN_TREE_CLONE | O_CLOEXEC | (flags & BIND_RECURSIVE ? AT_RECURSIVE : 0);
	int tree, fd, err;
	if (source[0] == 0)
		how |= AT_EMPTY_PATH;
	tree = syscall(SYS_open_tree, dir, source, how);
	if (tree < 0)
		return flags & BIND_OPTIONAL ? 0 : -1;
	fd = in_root(target, O_PATH);
	if (fd < 0) {
		close(tree);
		return flags & BIND_OPTIONAL ? 0 : -1;
	}
	err = attach(tree, fd, flags);
	close(tree);
	close(fd);
	return err;
}

// bind: source on the host, target, flags.
static int op_bind(struct args *a) { return bind_to(AT_FDCWD, a->v[0], a->v[1], number(a->v[2])); }

// readonly: target; a missing one is skipped.
static int op_readonly(struct args *a) {
	int fd = in_root(a->v[0], O_PATH), err;
	if (fd < 0)
		return 0;
	err = bind_to(fd, "", a->v[0], BIND_READONLY | BIND_RECURSIVE);
	close(fd);
	return err;
}

// mask: target; a folder is covered by an empty one, a file by /dev/null.
static int op_mask(struct args *a) {
	struct stat st;
	char path[64];
	int fd = in_root(a->v[0], O_PATH), err;
	if (fd < 0)
		return 0;
	if (fstat(fd, &st) < 0)
		return -1;
	fd_path(path, sizeof(path), fd);
	if (S_ISDIR(st.st_mode))
		err = mount("tmpfs", path, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=0");
	else
		err = bind_to(AT_FDCWD, "/dev/null", a->v[0], 0);
	close(fd);
	return err;
}

// file, folder and symlink make entries of /dev, in a folder that was just mounted.
static int op_file(struct args *a) {
	int dir = in_root(a->v[0], O_PATH | O_DIRECTORY), fd;
	if (dir < 0)
		return -1;
	fd = openat(dir, a->v[1], O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0666);
	close(dir);
	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

static int op_folder(struct args *a) {
	int dir = in_root(a->v[0], O_PATH | O_DIRECTORY), err;
	if (dir < 0)
		return -1;
	err = mkdirat(dir, a->v[1], 0755);
	close(dir);
	return err;
}

static int op_symlink(struct args *a) {
	int dir = in_root(a->v[0], O_PATH | O_DIRECTORY), err;
	if (dir < 0)
		return -1;
	err = symlinkat(a->v[2], dir, a->v[1]);
	close(dir);
	return err;
}

static int op_pivot(struct args *a) {
	(void)a;
	if (fchdir(root_fd) < 0 || syscall(SYS_pivot_root, ".", ".") < 0)
		return -1;
	if (umount2(".", MNT_DETACH) < 0)
		return -1;
	return chdir("/");
}

static int op_chdir(struct args *a) { return chdir(a->v[0]); }

static int op_hostname(struct args *a) { return sethostname(a->v[0], strlen(a->v[0])); }

// loopback brings up the interface lo of a new network namespace.
static int op_loopback(struct args *a) {
	struct ifreq ifr = {.ifr_flags = IFF_UP};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err;
	(void)a;
	if (fd < 0)
		return -1;
	strcpy(ifr.ifr_name, "lo");
	err = ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
	return err;
}

static int op_rlimit(struct args *a) {
	struct rlimit limit = {.rlim_cur = number(a->v[1]), .rlim_max = number(a->v[2])};
	return setrlimit(number(a->v[0]), &limit);
}

static int op_umask(struct args *a) {
	umask(number(a->v[0]));
	return 0;
}

// user: uid, gid, supplementary groups.
static int op_user(struct args *a) {
	gid_t groups[64];
	uint32_t n = a->n - 2;
	if (n > 64)
		n = 64;
	for (uint32_t i = 0; i < n; i++)
		groups[i] = number(a->v[i + 2]);
	gid_t gid = number(a->v[1]);
	uid_t uid = number(a->v[0]);
	if (setgroups(n, groups) < 0 || setresgid(gid, gid, gid) < 0)
		return -1;
	return setresuid(uid, uid, uid);
}

// bounding: mask of the capabilities that stay.
static int op_bounding(struct args *a) {
	uint64_t keep = number(a->v[0]);
	for (int cap = 0; cap < 64; cap++) {
		if (keep >> cap & 1)
			continue;
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0)
			return errno == EINVAL ? 0 : -1;
	}
	return 0;
}

// capabilities: mask of the permitted and effective set; inheritable is empty.
static int op_capabilities(struct args *a) {
	uint64_t mask = number(a->v[0]);
	struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.effective = mask, .permitted = mask},
		{.effective = mask >> 32, .permitted = mask >> 32},
	};
	return syscall(SYS_capset, &head, data);
}

// seccomp: a BPF program.
static int op_seccomp(struct args *a) {
	struct sock_fprog prog = {.len = a->len[0] / sizeof(struct sock_filter), .filter = (void *)a->v[0]};
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog, 0, 0);
}

static int report(const char *op, struct args *a) {
	char text[1024];
	const char *what = a && a->n && strcmp(op, "seccomp") ? a->v[0] : "";
	int n, err = errno;
	n = snprintf(text, sizeof(text), "%d %s %.900s", err, op, what);
	if (write(REPORT_FD, text, n) < 0)
		return SETUP_FAILED;
	return SETUP_FAILED;
}

// supervise stays as process 1: it reaps what is left over and ends with the
// command, which ends everything else in the namespace.
static int supervise(pid_t command) {
	int status;
	prctl(PR_SET_DUMPABLE, 0);
	for (;;) {
		pid_t pid = wait(&status);
		if (pid < 0 && errno != EINTR)
			return SETUP_FAILED;
		if (pid != command)
			continue;
		if (WIFEXITED(status))
			return WEXITSTATUS(status);
		return 128 + WTERMSIG(status);
	}
}

// fork splits off the command; the parent never returns from it.
static int op_fork(struct args *a) {
	pid_t pid = fork();
	(void)a;
	if (pid < 0)
		return -1;
	if (pid == 0)
		return 0;
	syscall(SYS_close_range, 0, ~0U, 0);
	_exit(supervise(pid));
}

// exec: number of arguments, arguments, environment.
static int op_exec(struct args *a) {
	uint32_t argc = number(a->v[0]);
	char **argv = calloc(a->n + 2, sizeof(char *));
	char **env = argv + argc + 1;
	if (!argv)
		return -1;
	for (uint32_t i = 0; i < argc; i++)
		argv[i] = a->v[i + 1];
	for (uint32_t i = argc + 1; i < a->n; i++) {
		env[i - argc - 1] = a->v[i];
		if (strncmp(a->v[i], "PATH=", 5) == 0)
			setenv("PATH", a->v[i] + 5, 1);
	}
	syscall(SYS_close_range, PROGRAM_FD, ~0U, 4 /* CLOSE_RANGE_CLOEXEC */);
	a->v[0] = argv[0];
	execvpe(argv[0], argv, env);
	return -1;
}

static const struct { const char *name; uint32_t min; int (*run)(struct args *); } ops[] = {
	{"close", 1, op_close},
	{"private", 0, op_private},
	{"root", 2, op_root},
	{"mount", 5, op_mount},
	{"bind", 3, op_bind},
	{"readonly", 1, op_readonly},
	{"mask", 1, op_mask},
	{"file", 2, op_file},
	{"folder", 2, op_folder},
	{"symlink", 3, op_symlink},
	{"pivot", 0, op_pivot},
	{"chdir", 1, op_chdir},
	{"hostname", 1, op_hostname},
	{"loopback", 0, op_loopback},
	{"rlimit", 3, op_rlimit},
	{"umask", 1, op_umask},
	{"user", 2, op_user},
	{"bounding", 1, op_bounding},
	{"capabilities", 1, op_capabilities},
	{"seccomp", 1, op_seccomp},
	{"fork", 0, op_fork},
	{"exec", 2, op_exec},
};

static char *read_program(size_t *size) {
	struct stat st;
	char *buf;
	size_t got = 0;
	if (fstat(PROGRAM_FD, &st) < 0 || st.st_size <= 0 || st.st_size > 64 << 20)
		return NULL;
	buf = malloc(st.st_size);
	while (buf && got < (size_t)st.st_size) {
		ssize_t n = pread(PROGRAM_FD, buf + got, st.st_size - got, got);
		if (n <= 0)
			return NULL;
		got += n;
	}
	*size = got;
	return buf;
}

// next reads one operation: a count, then as many strings, each with its
// length in front and a zero byte behind. All numbers are 32 bits, host order.
static int next(char **p, char *end, struct args *a) {
	uint32_t n;
	if (end - *p < 4)
		return 0;
	memcpy(&n, *p, 4);
	*p += 4;
	a->n = n;
	a->v = calloc(n + 1, sizeof(char *));
	a->len = calloc(n + 1, sizeof(uint32_t));
	if (!a->v || !a->len)
		return 0;
	for (uint32_t i = 0; i < n; i++) {
		if (end - *p < 4)
			return 0;
		memcpy(&a->len[i], *p, 4);
		*p += 4;
		if ((uint64_t)(end - *p) < (uint64_t)a->len[i] + 1)
			return 0;
		a->v[i] = *p;
		*p += a->len[i] + 1;
	}
	return n > 0;
}

static int run_op(struct args *all) {
	struct args a = {.n = all->n - 1, .v = all->v + 1, .len = all->len + 1};
	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (strcmp(ops[i].name, all->v[0]) != 0)
			continue;
		errno = EINVAL;
		if (a.n >= ops[i].min && ops[i].run(&a) >= 0)
			return 0;
		return report(ops[i].name, &a);
	}
	errno = ENOSYS;
	return report(all->v[0], NULL);
}

// orphaned tells whether nobody reads the report any more: the parent can have
// died before the signal that announces its death was asked for.
static int orphaned(void) {
	struct pollfd report = {.fd = REPORT_FD};
	return poll(&report, 1, 0) > 0 && report.revents & POLLERR;
}

static int run(void) {
	struct args a;
	size_t size;
	char *p = read_program(&size), *end;
	if (!p || orphaned())
		return SETUP_FAILED;
	fcntl(REPORT_FD, F_SETFD, FD_CLOEXEC);
	end = p + size;
	while (p < end) {
		int err;
		if (!next(&p, end, &a)) {
			errno = EBADMSG;
			return report("program", NULL);
		}
		err = run_op(&a);
		if (err)
			return err;
	}
	return SETUP_FAILED;
}

__attribute__((constructor)) static void strake_sandbox(int argc, char **argv) {
	if (argc == 1 && argv && argv[0] && strcmp(argv[0], "strake-sandbox") == 0)
		_exit(run());
}
