import { defineConfig } from "vitest/config"

export default defineConfig({
  test: {
    setupFiles: ["./test/support/fast-check-seed.ts"],
    include: ["test/**/*.test.ts"],
    reporters: ["default", "./test/support/closing-line-reporter.ts"],
    // Two cores are the smallest machine that we test on; workers of ours run beside the tests.
    maxWorkers: 2,
    testTimeout: 60_000
  }
})
