# SPDX-License-Identifier: BSD-2-Clause
"""One line typed into an interactive zsh on a terminal of its own, and a TAB at its end."""
import os
import pty
import select
import signal
import subprocess
import time

# compadd is where every completion of zsh's ends: what it is given and what of that fits the line
# is noted; then it does its work. The TAB leaves what the line has become.
ZSHRC = r"""
PS1= RPS1=
fpath=($PWD/functions $fpath)
autoload -Uz compinit && compinit -u -d $COMPDUMP
[[ -e source ]] && source ./source
cd here
compadd() {
	local -a fitting
	if [[ " $* " != *\ -[OAD]\ * ]]; then
		builtin compadd -O fitting "$@"
		(( $#fitting )) && print -rl -- $fitting >>../found
	fi
	builtin compadd "$@"
}
tab() {
	zle complete-word
	print -r -- "$BUFFER" >../line.part
	mv ../line.part ../line
}
zle -N tab
bindkey '^I' tab
print ready
"""
FILE = "sluice.json"
PATIENCE = 20  # seconds


class Terminal:
    def __init__(self, directory, environment):
        self.master, slave = pty.openpty()
        self.shown = b""
        self.process = subprocess.Popen(
            ["zsh", "-d", "-i"], stdin=slave, stdout=slave, stderr=slave, cwd=directory,
            env=environment, start_new_session=True)
        os.close(slave)

    def wait(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline and self.process.poll() is None, self.shown
            if select.select([self.master], [], [], 0.02)[0]:
                self.shown += os.read(self.master, 65536)

    def type(self, text):
        os.write(self.master, text.encode())

    def close(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self.master)


def complete(directory, line, script, program, socket, dump, autoloaded=True):
    """(what fits, the line after the TAB), in a directory that has one file. Autoloaded is as the
    package installs it."""
    for name in "functions", "here", "bin":
        (directory / name).mkdir()
    (directory / "here" / FILE).touch()
    (directory / "bin" / "sluicectl").symlink_to(program)
    (directory / ("functions/_sluicectl" if autoloaded else "source")).write_text(script)
    (directory / ".zshrc").write_text(ZSHRC)
    found, became = directory / "found", directory / "line"
    terminal = Terminal(directory, {
        **os.environ, "ZDOTDIR": str(directory), "HOME": str(directory), "TERM": "dumb",
        "COMPDUMP": str(dump), "SLUICE_SOCKET": str(socket), "LC_ALL": "C.UTF-8",
        "PATH": f"{directory}/bin:{os.environ['PATH']}"})
    try:
        terminal.wait(lambda: b"ready" in terminal.shown)
        terminal.type(line + "\t")
        terminal.wait(became.exists)
    finally:
        terminal.close()
    return found.read_text().splitlines() if found.exists() else [], became.read_text()[:-1]
