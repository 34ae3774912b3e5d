// Package follow yields the bytes of logs and knows nothing of what is in them.
//
// [Open] reads one log from its beginning to its end, whether it is plain or compressed. A [Follower] reads a log that
// is still being written, for as long as it is wanted, and through every rotation of it. It is a [Source], and so are
// [Journal], which reads the systemd journal through journalctl, [Stream], which reads standard input or a FIFO, and
// [Syslog], which is a syslog server. A Follower and a Journal go on from a [Position] after a restart.
//
// # Generations
//
// A log is a path; what is written to it are generations, one file after the other. A Follower holds a descriptor of
// its own on each generation until it has read all of it, so that a file that was renamed, or even deleted, is still
// read to its end. It never trusts a name: a generation is known by its device and inode number and by the first KiB of
// its content, because inode numbers are used again and names move on.
//
// The generations wait in a queue, oldest first, and only the first of them is read, so that lines come in the order in
// which they were written. The next one has its turn when it has content, which says that the writer moved on, and when
// the grace time has passed, in which other writers may still hold the old file. A log of which two or more generations
// were rotated away between two looks leaves the ones in between as siblings (mail.log.1, mail.log-20261122.gz and the
// like): they are found by name, put in order, and read too. A log that was truncated after it was copied (copytruncate)
// leaves the lines that were not yet read in the copy: it is found by its content.
//
// # Going on after a restart
//
// Each [Chunk] comes with the [Position] behind it. Who keeps that, in one piece with what the lines were counted into,
// and gives it to the next Follower, has every line counted once, however the process ended. The file that the place is
// in is known again by its content, also under another name, as a copy, and compressed; its device and inode number only
// say which of several alike it is. From there on all is as if the Follower had not looked for a while.
//
// If there is no such file any more, lines are missing and nobody knows how many. That is said, and counted as a gap,
// and the Follower begins with the files that were written to later. The same goes for a log that was truncated and of
// which there is no copy, and for a rotated file that is damaged.
//
// A place says nothing about a file of which no line was read. So a log that was taken up at its end has no place until
// the first line comes.
//
// # The part of nxadm/tail
//
// Whatever is in a file already is read in large blocks. At the end of the file github.com/nxadm/tail waits for the
// lines to come. It is not trusted with rotation: it closes a renamed file without reading it to its end. It follows
// one generation, through our descriptor rather than through the path where the system has a /proc, and each of its
// lines is taken only if it begins where the last one ended and if the file has not been truncated since.
package follow
