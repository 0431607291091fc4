# shellcheck shell=bash
# Install Debian's packages, for the programs in test/ that bash runs.
#
# Sets nothing, and does nothing until called.

# what a command says matters only if it fails
quietly() {
	local output
	output=$("$@" 2>&1) || { echo "$output" >&2; return 1; }
}

# apt-get update reports success even when it could fetch nothing, unless told.
update() {
	quietly "$@" update -qq -o APT::Update::Error-Mode=any || {
		echo "apt-get cannot fetch package lists; is there a network?" >&2
		return 1
	}
}

# Debian suites that have a major of PostgreSQL, the one to take everything
# else from first
debian_suites() {						# major
	case $1 in
		15) echo bookworm ;;
		17) echo trixie ;;
		18) echo forky ;;
		19) echo sid experimental ;;
		*) return 1 ;;
	esac
}

# The mirror that apt uses here for Debian itself; none before apt-get update.
debian_mirror() {
	# shellcheck disable=SC2016		# $(REPO_URI) is for apt-get
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 'Label: Debian' |
		sed -n 1p
}

packages_installed() {					# packages
	local package
	for package; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || return 1
	done
}

apt_get_install() {						# packages
	DEBIAN_FRONTEND=noninteractive quietly apt-get install -y -qq --no-install-recommends \
		-o Dpkg::Use-Pty=0 "$@"
}

# Debian would create and start a cluster along with the server package.  A
# file in createcluster.d prevents it; it goes away again, since the next
# server package is the administrator's business.  Services need no policy:
# without a cluster there is nothing to start.
install_packages() (					# packages
	conf=/etc/postgresql-common/createcluster.d

	trap 'rm -f "$conf/pg_tend.conf"; rmdir --ignore-fail-on-non-empty "$conf"' EXIT
	trap 'exit 130' HUP INT TERM
	mkdir -p "$conf"
	echo "create_main_cluster = false" > "$conf/pg_tend.conf"
	apt_get_install "$@" || { update apt-get && apt_get_install "$@"; }
)
