# shellcheck shell=bash
# Where servers of tests may have their files and sockets.
#
# Needs nothing, and does nothing until called.

# The path of a socket has 107 bytes at most; so many are left for the folder
longest_folder=60

reached_by_all() {						# folder
	if [ "$(id -u)" = 0 ]; then
		setpriv --reuid=nobody --regid=nogroup --clear-groups test -x "$1"
	else
		test -x "$1"
	fi
}

# A new folder in TMPDIR, unless that is for root alone, whose servers run as
# others, or its path too long for a socket: then in the machine's own folder.
servers_folder() {						# name
	local folder
	for folder in "${TMPDIR:-/tmp}" /tmp; do
		if [ ${#folder} -le $longest_folder ] && reached_by_all "$folder"; then
			mktemp -d --tmpdir="$folder" "$1.XXXXXX"
			return
		fi
	done
	echo "neither ${TMPDIR:-/tmp} nor /tmp can be used by other users" >&2
	return 1
}
