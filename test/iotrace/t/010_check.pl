# --check, and what it says where something is missing
use strict;
use warnings FATAL => 'all';

use Iotrace;
use Test::More;

my $program = build_path('pg_tend_iotrace');

sub run
{
	my @command = @_;
	my $output = qx(@command 2>&1);
	return ($? >> 8, $output);
}

sub lowered { return "setpriv --bounding-set $_[0] --inh-caps -all" }

my ($status, $output) = run($program, '--check');
is($status, 0, 'everything works here') or diag $output;
like($output, qr/^ok      self-test/m, 'calls of a child are counted exactly');

($status, $output) = run(lowered('-all,+bpf,+perfmon'), $program, '--check');
is($status, 0, 'everything works as root with CAP_BPF and CAP_PERFMON only') or diag $output;

foreach my $missing (qw(bpf perfmon))
{
	my $other = $missing eq 'bpf' ? 'perfmon' : 'bpf';
	($status, $output) = run(lowered("-all,+$other"), $program, '--check');
	isnt($status, 0, "not without CAP_" . uc $missing);
	like($output, qr/FAILED  capabilities: CAP_BPF or CAP_PERFMON is missing/, '... which is said');
	unlike($output, qr/ulimit|memlock/i, '... without wrong advice');
	($status, $output) = run(lowered("-all,+$other"), $program, '--dir', work_path('none'));
	is($status, 1, '... nor does it serve');
	like($output, qr/capabilities: .* remedy: run it as root/, '... and says why');
}

($status, $output) = run(as_user('postgres', $program), '--check');
like($output, qr/FAILED  tracefs: .*\n +remedy: run it as root/, 'another user is told to be root');

($status, $output) = run("unshare --mount sh -c 'umount -a -t tracefs,debugfs; $program --check'");
like($output, qr/FAILED  tracefs: .*\n +remedy: mount -t tracefs/, 'tracefs that is not mounted is named');

($status, $output) = run($program, '--check --pretend-missing fsync,syncfs');
is($status, 1, 'a missing tracepoint is a failure of --check');
like($output, qr/FAILED  attach fsync: .*no tracepoint/, '... which names the call');
like($output, qr/ok      attach fdatasync\n/, '... and attaches the others');

($status, $output) = run("unshare --pid --fork --mount-proc $program --check");
is($status, 0, 'it works in a pid namespace of its own') or diag $output;
($status, $output) = run("unshare --pid --fork $program --check");
like($output, qr/FAILED  process ids/, 'but not with /proc of another');

($status, $output) = run($program, '--version');
like($output, qr/^pg_tend_iotrace \d.*protocol \d+$/, '--version');
($status, $output) = run($program, '--help');
like($output, qr/--once/, '--help');
foreach (
	[ '--period 5', 'from 50' ],
	[ '--user no-such-user', 'no user' ],
	[ '--without sync', 'not a call' ],
	[ '--once', '--data-dir or --pid' ],
	[ '--once -D /nowhere', 'does the server run' ],
	[ '--once -P 99999999', 'no process' ],
	[ 'extra', 'not an option' ],
	[ '--without fsync,fdatasync,sync_file_range,syncfs,msync,pwrite64,pwritev,pwritev2', 'nothing left' ])
{
	my ($options, $said) = @$_;
	($status, $output) = run($program, $options);
	ok($status != 0 && index($output, $said) >= 0, "wrong options are explained: $options") or diag $output;
}

done_testing();
