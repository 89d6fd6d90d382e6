import * as fc from "fast-check"
import { assert, describe, it } from "vitest"
import { UserError } from "../../../src/base/user-error.ts"
import { availableCores, cgroupCores, threadsForEach } from "../../../src/engine/provider/cores.ts"

const files = (texts: Readonly<Record<string, string>>) => (path: string) => texts[path]

describe("cgroupCores", () => {
  it("takes the smallest limit on the way up, which Node's own number does not", () => {
    const nested = {
      "/proc/self/cgroup": "0::/pod/box\n",
      "/sys/fs/cgroup/pod/box/cpu.max": "200000 100000\n",
      "/sys/fs/cgroup/pod/cpu.max": "800000 100000\n"
    }
    assert.strictEqual(cgroupCores(files(nested)), 2)
    const outer = { ...nested, "/sys/fs/cgroup/pod/cpu.max": "50000 100000\n" }
    assert.strictEqual(cgroupCores(files(outer)), 0.5)
  })
  it("reads the container's own root where the path is the host's", () => {
    const inside = {
      "/proc/self/cgroup": "0::/../../kubepods/pod1/box\n",
      "/sys/fs/cgroup/cpu.max": "150000 100000\n"
    }
    assert.strictEqual(cgroupCores(files(inside)), 1.5)
    assert.strictEqual(cgroupCores(files({ ...inside, "/proc/self/cgroup": "0::/\n" })), 1.5)
  })
  it("reads version 1, whose controllers share a hierarchy, also beside version 2", () => {
    const text = "9:name=systemd:/\n4:cpu,cpuacct:/docker/1\n3:cpuset:/docker/1\n0::/\n"
    const folder = "/sys/fs/cgroup/cpu,cpuacct/docker/1"
    const limited = {
      "/proc/self/cgroup": text,
      [`${folder}/cpu.cfs_quota_us`]: "300000\n",
      [`${folder}/cpu.cfs_period_us`]: "100000\n"
    }
    assert.strictEqual(cgroupCores(files(limited)), 3)
    const linked = {
      "/proc/self/cgroup": text,
      "/sys/fs/cgroup/cpu/cpu.cfs_quota_us": "100000\n",
      "/sys/fs/cgroup/cpu/cpu.cfs_period_us": "50000\n"
    }
    assert.strictEqual(cgroupCores(files(linked)), 2)
  })
  it("finds no limit where there is none", () => {
    const free = {
      "/proc/self/cgroup": "1:cpu:/a\n0::/a\n",
      "/sys/fs/cgroup/a/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "-1\n",
      "/sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n"
    }
    assert.strictEqual(cgroupCores(files(free)), Number.POSITIVE_INFINITY)
    assert.strictEqual(
      cgroupCores(() => undefined),
      Number.POSITIVE_INFINITY
    )
  })
})

describe("threadsForEach", () => {
  it("shares the cores out, at least one to each, and never more than there are", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 256 }),
        fc.integer({ min: 1, max: 256 }),
        (cores, n) => {
          const threads = threadsForEach(n, {}, cores)
          assert.isAtLeast(threads, 1)
          if (n <= cores) assert.isAtMost(threads * n, cores)
          else assert.strictEqual(threads, 1)
        }
      )
    )
  })
  it("does what the environment says", () => {
    assert.strictEqual(threadsForEach(2, { ABLATE_THREADS: "7" }, 4), 7)
    assert.strictEqual(threadsForEach(2, { ABLATE_THREADS: "" }, 4), 2)
    for (const wrong of ["0", "two", "1.5", "-1"]) {
      assert.throws(
        () => threadsForEach(1, { ABLATE_THREADS: wrong }, 4),
        UserError,
        "ABLATE_THREADS: expected a whole number"
      )
    }
  })
  it("has a core to give on any machine", () => {
    assert.isAtLeast(availableCores(), 1)
    assert.strictEqual(availableCores() % 1, 0)
  })
})
