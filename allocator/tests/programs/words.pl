# Hashes, sorts, regular expressions and growing strings.
use strict;
use warnings;
my (%count, @rows);
my $state = 12345;
for my $i (1 .. 30000) {
    $state = ($state * 1103515245 + 12345) % 2147483648;
    my $word = "w" . ($state >> 16) % 5003;
    $count{$word}++;
    push @rows, { word => $word, list => [ 1 .. $i % 9 ] };
}
my @best = sort { $count{$b} <=> $count{$a} || $a cmp $b } keys %count;
printf "%s %d\n", $_, $count{$_} for @best[ 0 .. 9 ];
my $text = join ",", map { $_->{word} . scalar @{ $_->{list} } } @rows;
my $changed = ($text =~ s/w(\d)(\d)(\d+)/w$2$1$3/g);
printf "%d %d %s\n", length $text, $changed, unpack "%32C*", $text;
my @parts = split /,/, $text;
@rows = sort { length $a <=> length $b || $a cmp $b } @parts;
print scalar(@rows), " $rows[0] $rows[-1]\n";
my $tree = [];
$tree = [ $tree, "n$_" ] for 1 .. 5000;
my $depth = 0;
while (@$tree) { $tree = $tree->[0]; $depth++ }
print "$depth\n";
my $pid = open my $child, "-|";
if (!$pid) { print join(" ", reverse 1 .. 20), "\n"; exit 0 }
print while <$child>;
