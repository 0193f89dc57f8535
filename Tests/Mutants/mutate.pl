#!/usr/bin/env perl
# Reads mutants.txt: `list` prints each mutant's name, file and meaning; `apply NAME TREE` puts one in.
use strict;
use warnings;

my ($verb, $wanted, $tree) = @ARGV;
my $folder = $0 =~ s{[^/]*$}{}r;
open(my $input, '<', "${folder}mutants.txt") or die "mutants.txt: $!";
my $text = do { local $/; <$input> };
for my $block (split /^===(?: |$)/m, $text) {
    next unless $block =~ /^([a-z-]+): (.*)\n(\S+)\n--- is\n(.*)\n--- becomes\n(.*)\n\z/s;
    my ($name, $meaning, $file, $is, $becomes) = ($1, $2, $3, $4, $5);
    if ($verb eq 'list') {
        print "$name\t$file\t$meaning\n";
    } elsif ($name eq $wanted) {
        open(my $source, '<', "$tree/$file") or die "$file: $!";
        my $code = do { local $/; <$source> };
        my $count = () = $code =~ /\Q$is\E/g;
        die "$name: its text stands $count times in $file, and must stand there once\n" unless $count == 1;
        $code =~ s/\Q$is\E/$becomes/;
        open(my $target, '>', "$tree/$file") or die "$file: $!";
        print $target $code;
    }
}
