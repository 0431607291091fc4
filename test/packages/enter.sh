# shellcheck shell=bash
# Run commands in a root folder, for the programs in test/packages.
#
# What such a command leaves running, mounts or has in shared memory ends with
# it, and all of it ends with the script that called.

# In the folder itself
in_root() {								# root, command ...
	# shellcheck disable=SC2016		# for the inner bash
	setpriv --pdeathsig KILL unshare --mount --ipc --pid --fork --kill-child bash -ec '
		root=$1
		shift
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs tmpfs "$root/dev/shm"
		status=0
		chroot "$root" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" || status=$?
		exit "$status"' in_root "$@" < /dev/null
}

# In a copy of it that lives in memory, and is forgotten afterwards.  A folder
# of ours is /pkg in there.  It has a network of its own, with nobody in it, so
# the ports of two do not clash, and whatever would be fetched is missing.
in_copy_of() {							# root, empty folder, folder for /pkg, command ...
	# shellcheck disable=SC2016		# for the inner bash
	setpriv --pdeathsig KILL unshare --mount --ipc --net --pid --fork --kill-child bash -ec '
		lower=$1 place=$2 work=$3
		shift 3
		mount -t tmpfs tmpfs "$place"
		mkdir "$place"/{upper,scratch,root}
		mount -t overlay overlay -o "lowerdir=$lower,upperdir=$place/upper,workdir=$place/scratch" "$place/root"
		root=$place/root
		mount -t proc proc "$root/proc"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs tmpfs "$root/dev/shm"
		mkdir "$root/pkg"
		mount --bind "$work" "$root/pkg"
		# SIOCSIFFLAGS: lo goes up
		perl -MSocket -e "\$r = pack(q(a16s), q(lo), 0x41); socket(S, AF_INET, SOCK_DGRAM, 0) && ioctl(S, 0x8914, \$r) or die \$!"
		status=0
		chroot "$root" /usr/bin/env -i HOME=/root LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
			PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" || status=$?
		exit "$status"' in_copy_of "$@" < /dev/null
}
