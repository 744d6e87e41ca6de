#!/bin/sh
# Stands for a program in a test, by a link to this file: does what the file beside the link says. A program that the test itself had written couldn't be
# executed as long as a child that another test begins has it open for writing (execve(2), ETXTBSY).
. "$0.sh"
