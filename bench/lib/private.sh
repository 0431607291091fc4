# shellcheck shell=bash
#
# What the front ends of the benchmarks that need a server share: a copy of the
# tree that goes away in the end, and a program of bench/lib that builds and runs
# in it as a user other than root.
#
# Read are "top", the tree, "output", a directory for what is worth keeping, and
# "keep", whether the copy shall stay.  Set is "work", where the copy lies.

output='' keep=''

# A directory for results.  Where we stand may be no place for the user that runs
# the servers.
bench_output() {						# directory
	mkdir -p "$1"
	output=$(cd "$1" && pwd)
}

# As root, the servers end with the launcher; else the program stops them.
bench_cleanup() {
	trap '' HUP INT TERM
	if kill -TERM %% 2>/dev/null; then
		[ "$(id -u)" != 0 ] || kill -KILL %% 2>/dev/null || true
		wait %% 2>/dev/null || true
		# what is killed may need a moment to go, and write something meanwhile
		sleep 1
	fi
	if [ -n "$output" ] && [ -d "$work/src/tmp_check/results" ]; then
		cp -R "$work/src/tmp_check/results/." "$output"
	fi
	if [ -n "$keep" ]; then
		echo "kept: $work/src/tmp_check"
	else
		rm -rf --one-file-system "$work"
	fi
}

# Copy the tree to "work"/src.
bench_copy() {
	# make's own options and variables are not meant for the build inside
	unset MAKEFLAGS MAKELEVEL MFLAGS
	work=$(mktemp -d --tmpdir pg_tend_bench.XXXXXX)
	trap bench_cleanup EXIT
	trap 'exit 130' HUP INT TERM

	mkdir "$work/src"
	tar -C "$top" --exclude=./.git --exclude=./tmp_check --exclude='*.o' --exclude='*.so' -cf - . |
		tar -C "$work/src" -xf -
}

# Run a program of the copy's bench/lib, the programs of a major first in PATH, and
# PG_CONFIG set.
bench_run() {							# major program arguments
	local major=$1 program=bench/lib/$2 launcher bin
	shift 2
	if [ "$(id -u)" = 0 ]; then
		launcher=$("$top/test/majors" "$major")
		"$launcher" --root --src "$work/src" -- chown -R postgres: .
		setpriv --pdeathsig KILL "$launcher" --src "$work/src" -- perl "$program" "$@" < /dev/null &
	else
		bin=$("${PG_CONFIG:-pg_config}" --bindir)
		( cd "$work/src" && PATH=$bin:$PATH PG_CONFIG=$bin/pg_config exec perl "$program" "$@" < /dev/null ) &
	fi
	wait %%
}
