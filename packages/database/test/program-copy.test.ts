import { execFile } from 'node:child_process'
import { chmod, cp, lstat, mkdir, mkdtemp, readdir, readFile, readlink, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { copyPrograms } from '../src/program-copy.ts'

let closed: string
let source: string
let target: string
const umask = process.umask()

/** As the package has them: a program, a library behind two relative links, data. In a folder that others may not enter. */
beforeEach(async () => {
  closed = await mkdtemp(join(tmpdir(), 'alcove-closed-'))
  await chmod(closed, 0o700)
  source = join(closed, 'native')
  for (const dir of ['bin', 'lib', 'share/zone']) await mkdir(join(source, dir), { recursive: true })
  await writeFile(join(source, 'bin/postgres'), '#!/bin/sh\ncat "$(dirname "$0")/../lib/libicu.so"\n', { mode: 0o700 })
  await writeFile(join(source, 'lib/libicu.so.60.2'), 'the library')
  await symlink('libicu.so.60.2', join(source, 'lib/libicu.so.60'))
  await symlink('libicu.so.60', join(source, 'lib/libicu.so'))
  await writeFile(join(source, 'share/zone/UTC'), 'zone', { mode: 0o600 })
  target = await mkdtemp(join(tmpdir(), 'alcove-open-'))
})
afterEach(async () => {
  process.umask(umask)
  for (const dir of [closed, target]) await rm(dir, { recursive: true, force: true })
})

async function assertWhole(): Promise<void> {
  const entries = await readdir(target, { recursive: true, withFileTypes: true })
  const names = entries.map((entry) => join(entry.parentPath, entry.name).slice(target.length + 1)).toSorted()
  expect(names).toEqual(['bin', 'bin/postgres', 'lib', 'lib/libicu.so', 'lib/libicu.so.60', 'lib/libicu.so.60.2', 'share', 'share/zone', 'share/zone/UTC'])
  for (const entry of entries) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isSymbolicLink()) expect(isAbsolute(await readlink(path)), `${entry.name} leads out of the copy`).toBe(false)
    else expect((await lstat(path)).mode & 0o777, entry.name).toBe(entry.isDirectory() || entry.name === 'postgres' ? 0o755 : 0o644)
  }
  expect(await readFile(join(target, 'lib/libicu.so'), 'utf8')).toBe('the library')
  expect(await readFile(join(target, 'share/zone/UTC'), 'utf8')).toBe('zone')
  // As somebody who may not enter the closed folder, where this process may become one.
  const stranger = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}
  const { stdout } = await promisify(execFile)(join(target, 'bin/postgres'), { ...stranger, cwd: '/' })
  expect(stdout).toBe('the library')
}

describe('a copy of the programs out of a closed folder', () => {
  it('runs for others, by whatever umask it was made', async () => {
    process.umask(0o077)
    await copyPrograms(source, target)
    process.umask(umask)
    await assertWhole()
  })

  it('heals from links into the closed folder, as an earlier version made them', async () => {
    await cp(source, target, { recursive: true })
    expect(isAbsolute(await readlink(join(target, 'lib/libicu.so')))).toBe(true)
    await copyPrograms(source, target)
    await assertWhole()
  })

  it('heals from missing, cut and closed files', async () => {
    await copyPrograms(source, target)
    await rm(join(target, 'share'), { recursive: true })
    await rm(join(target, 'lib/libicu.so.60'))
    await truncate(join(target, 'lib/libicu.so.60.2'), 3)
    await chmod(join(target, 'bin/postgres'), 0o600)
    await copyPrograms(source, target)
    await assertWhole()
  })

  it('is made by several at once, and stays as it is when nothing is wrong', async () => {
    await cp(source, target, { recursive: true })
    await Promise.all(Array.from({ length: 8 }, () => copyPrograms(source, target)))
    await assertWhole()
    const before = await lstat(join(target, 'lib/libicu.so.60.2'))
    await copyPrograms(source, target)
    expect((await lstat(join(target, 'lib/libicu.so.60.2'))).ino).toBe(before.ino)
  })

  it('is refused where the place is not a directory of our own', async () => {
    const elsewhere = join(closed, 'elsewhere')
    await symlink(target, elsewhere)
    await expect(copyPrograms(source, elsewhere)).rejects.toThrow(`${elsewhere} belongs to somebody else; remove it`)
  })
})
