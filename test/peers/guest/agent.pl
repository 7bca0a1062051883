# agent.pl: process 1 of a guest once it is ready. Runs each script that appears as /guest/in/N.sh; what it says goes to
# /guest/out/N.out, its status, when it is over, to /guest/out/N.status. Reaps everybody's children.
use strict;
use POSIX ":sys_wait_h";

my %jobs;
while (1) {
  for my $file (sort glob("/guest/in/*.sh")) {
    my ($job) = $file =~ m{(\d+)\.sh$} or next;
    rename($file, "/guest/in/$job.taken") or next;
    my $child = fork();
    if (!$child) {
      setpgrp(0, 0);
      open(STDIN, "<", "/dev/null");
      open(STDOUT, ">", "/guest/out/$job.out");
      open(STDERR, ">&", \*STDOUT);
      exec("/bin/sh", "/guest/in/$job.taken");
      exit 127;
    }
    $jobs{$child} = $job;
  }
  while ((my $child = waitpid(-1, WNOHANG)) > 0) {
    my $status = ($? & 127) ? 128 + ($? & 127) : $? >> 8;
    my $job = delete $jobs{$child} or next;
    # renamed when it is whole: the host must not read half a number
    open(my $out, ">", "/guest/out/.$job");
    print $out $status;
    close $out;
    rename("/guest/out/.$job", "/guest/out/$job.status");
  }
  select(undef, undef, undef, 0.02);
}
