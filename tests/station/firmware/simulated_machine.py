"""`machine` and `time` as the firmware sees them in the tests, under MicroPython: pins with a vehicle, a contactor, a lock and a
detector behind them, and a clock that the test turns (or the real one). Runs under MicroPython only.

    micropython simulated_machine.py FIRMWARE PTY stepped|real

Orders come as lines of JSON on standard input, each is answered by one line with the state of the world.
"""

import json
import select
import sys
import time as real_time

FIRMWARE, PTY, MODE = sys.argv[1:4]
sys.path.insert(0, FIRMWARE)
import pins  # noqa: E402

PINS = pins.of_this_board()
NAMES = {number: name for name, number in PINS.items() if not name.startswith("uart")}
VEHICLES_MV = {"A": 12000, "B": 9000, "C": 6000, "D": 3000, "E": 0}
READ_US = 15
MIRROR_US = 20000
LOCK_US = 50000
TRIP_US = 30000


class World:
    def __init__(self):
        self.us = 0
        self.vehicle = "A"
        self.pilot_mv = None
        self.diode = True
        self.welded = False
        self.lock_jammed = False
        self.rcd_broken = False
        self.residual_ma = 0
        self.cable_ohm = 220
        self.celsius = 25
        self.emergency_stop = self.ground_lost = self.brown_out = False
        self.pause_every = 0  # the interpreter collects garbage, or is put aside, at each so many readings
        self.pause_us = 0
        self.reads = 0
        self.pause_before = ""  # or each time before this output changes
        self.levels = {}
        self.since_us = {}
        self.log = []
        self.duty = 65535
        self.frequency = 0
        self.fed_us = None
        self.watchdog_ms = 0
        self.resets = 0

    def now_us(self):
        return real_time.ticks_us() if MODE == "real" else self.us

    def pass_us(self, us):
        if MODE != "real":
            self.us += us
        now_us = self.now_us()
        if self.fed_us is not None and now_us - self.fed_us > self.watchdog_ms * 1000:
            self.fed_us = None
            self.resets += 1
            for name in self.levels:
                self.set(name, 0)  # a chip in reset drives nothing

    def set(self, name, level):
        level = int(bool(level))
        if self.levels.get(name) != level:
            if name == self.pause_before:
                self.pass_us(self.pause_us)
            if name in ("contactor", "lock", "rcd_test"):
                self.log.append((name, level, self.now_us() // 1000))
            if name in self.levels:
                self.since_us[name] = self.now_us()
        self.levels[name] = level

    def followed(self, name, delay_us):
        """An output as its effect follows it."""
        level = self.levels.get(name, 0)
        late = self.now_us() - self.since_us.get(name, 0) < delay_us
        return bool(level) != late if name in self.since_us else bool(level)

    def get(self, name):
        if name == "mirror":
            return self.welded or self.followed("contactor", MIRROR_US)
        if name == "lock_feedback":
            return not self.lock_jammed and self.followed("lock", LOCK_US)
        if name == "rcd_trip":
            return self.residual_ma >= 30 or (not self.rcd_broken and self.followed("rcd_test", TRIP_US))
        return bool(getattr(self, name)) != (name in pins.INVERTED)

    def adc(self, name):
        if name == "pilot_adc":
            return self.raw(self.pilot_now_mv(), pins.PILOT_MV)
        if name == "residual_adc":
            return self.raw(self.residual_ma * 10, pins.RESIDUAL_TENTH_MA)
        if name == "temperature_adc":
            return self.raw(self.celsius * 10, pins.TEMPERATURE_TENTH_C)
        return 65535 * self.cable_ohm // (self.cable_ohm + pins.PROXIMITY_PULL_UP_OHM)

    def pilot_now_mv(self):
        high_mv = VEHICLES_MV[self.vehicle] if self.pilot_mv is None else self.pilot_mv
        if self.levels.get("pilot_short"):
            return 0
        plugged = self.vehicle != "A"
        low_mv = -high_mv if plugged and not self.diode else -12000
        if self.levels.get("pilot_negative"):
            return low_mv
        return high_mv if self.now_us() % 1000 < 1000 * self.duty // 65535 else low_mv

    @staticmethod
    def raw(value, limits):
        low, high = limits
        return max(0, min(65535, int(value - low) * 65535 // (high - low)))


world = World()


class Pin:
    IN, OUT, PULL_DOWN = 0, 1, 2

    def __init__(self, number, mode=None, pull=None, value=None):
        self.name = NAMES.get(number)
        if value is not None:
            world.set(self.name, value)

    def value(self, level=None):
        if level is None:
            return int(world.get(self.name))
        world.set(self.name, level)
        return None


class ADC:
    def __init__(self, pin):
        self.name = pin.name

    def read_u16(self):
        world.pass_us(READ_US)
        world.reads += 1
        if world.pause_every and world.reads % world.pause_every == 0:
            world.pass_us(world.pause_us)
        return world.adc(self.name)


class PWM:
    def __init__(self, pin, freq, duty_u16):
        world.frequency = freq
        self.duty_u16(duty_u16)

    def duty_u16(self, duty):
        world.duty = duty


class WDT:
    def __init__(self, timeout):
        world.watchdog_ms = timeout
        self.feed()

    def feed(self):
        world.fed_us = world.now_us()


class UART:
    def __init__(self, number, baud, tx, rx):
        self._file = open(PTY, "r+b")  # noqa: SIM115 - for as long as the program runs
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)

    def any(self):
        return 256 if self._poll.poll(0) else 0

    def read(self, count):
        return self._file.read(count)  # the line is set so that it gives what there is

    def write(self, octets):
        self._file.write(octets)


class Module:
    pass


def install():
    machine, time = Module(), Module()
    for part in (Pin, ADC, PWM, WDT, UART):
        setattr(machine, part.__name__, part)
    machine.WDT_RESET = 3
    machine.reset_cause = lambda: 0
    time.ticks_us = world.now_us
    time.ticks_ms = lambda: world.now_us() // 1000
    time.ticks_diff = lambda later, earlier: later - earlier
    sys.modules["machine"], sys.modules["time"] = machine, time


def state():
    return {
        "ms": world.now_us() // 1000,
        "levels": world.levels,
        "duty": round(world.duty / 655.35, 2),
        "log": world.log,
        "resets": world.resets,
        "faults": sorted(loop.safety.faults),
        "dropped": loop._receiver.dropped,
        "frequency": world.frequency,
        "cable_a": loop.safety.inputs.cable_a,
        "pilot": chr(loop.safety.pilot),
    }


def obey(order):
    for name, value in order.get("set", {}).items():
        if not hasattr(world, name):
            raise ValueError(name)
        setattr(world, name, value)
    if "run" in order:
        until_us = world.us + order["run"] * 1000
        while world.us < until_us:
            loop.step()
            world.pass_us(200)  # what the rest of a round takes
    if "hang" in order:  # the program stands still, the world does not
        for _ in range(order["hang"]):
            world.pass_us(1000)


install()
from main import Loop  # noqa: E402

loop = Loop()
orders = select.poll()
orders.register(sys.stdin, select.POLLIN)
print(json.dumps(state()))
while True:
    if MODE == "real":
        loop.step()
        real_time.sleep_ms(2)
        if not orders.poll(0):
            continue
    line = sys.stdin.readline()
    if not line:
        break
    obey(json.loads(line))
    print(json.dumps(state()))
