"""in-pty.py STEPS COMMAND...: runs the command in a terminal of its own and does what the steps say, a JSON list of

["wait", TEXT]       until the text was written (10 s at most)
["pause", SECONDS]   so long, while what is written is read
["type", TEXT]       as from the keyboard
["size", ROWS, COLUMNS]
["close"]            the other end of the terminal goes away

Prints {"status": ..., "screen": ...}: the exit status, negative for the signal that ended it, null if it had to be killed.
"""
import fcntl, json, os, pty, select, struct, sys, termios, time

steps = json.loads(sys.argv[1])
pid, master = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])

written = b''
is_open = True


def read(seconds, until=None):
    global written
    end = time.time() + seconds
    while is_open and time.time() < end and (until is None or until not in written):
        ready, _, _ = select.select([master], [], [], 0.02)
        if ready:
            try:
                written += os.read(master, 65536)
            except OSError:
                return


def size(rows, columns):
    fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))


size(24, 80)
for name, *rest in steps:
    if name == 'wait':
        read(10, rest[0].encode())
    elif name == 'pause':
        read(rest[0])
    elif name == 'type':
        os.write(master, rest[0].encode())
    elif name == 'size':
        size(*rest)
    elif name == 'close':
        os.close(master)
        is_open = False

status = None
end = time.time() + 8
while time.time() < end:
    done, code = os.waitpid(pid, os.WNOHANG)
    if done:
        status = os.waitstatus_to_exitcode(code)
        break
    read(0.02) if is_open else time.sleep(0.02)
else:
    os.kill(pid, 9)
if is_open:
    read(0.2)
print(json.dumps({'status': status, 'screen': written.decode('utf-8', 'replace')}))
