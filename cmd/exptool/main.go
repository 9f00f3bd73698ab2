// Command exptool asks questions of the live database of a behavioural
// experiment and changes it safely.
package main

import (
	"os"

	"exptool/commands"
)

func main() { os.Exit(commands.Main()) }
