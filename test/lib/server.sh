# shellcheck shell=bash
# Find or install a server for tests that are the same for all majors.
#
# Needs debian.sh.  Sets nothing, and does nothing until called.

debian_major() {
	apt-cache show postgresql 2> /dev/null |
		sed -n '/^Depends:/s/.*\bpostgresql-\([0-9]\+\).*/\1/p' | sed -n 1p || true
}

# Debian's own, and what an extension is built with
install_server() {
	local major
	major=$(debian_major)
	[ -n "$major" ] || { update apt-get && major=$(debian_major); } || true
	[ -n "$major" ] && install_packages "postgresql-$major" "postgresql-server-dev-$major"
}

newest_server() { printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1; }
