// Which Node.js lwaftr runs on: what `engines` in package.json says, for whoever did not install it with npm, which
// warns only. CommonJS and plain, since any Node.js has to understand it.

/** What is wrong with a version, in words, or null. The limits are those of zlib.crc32. */
function problem(version) {
  const [major, minor] = version.split('.').map(Number)
  const fits = major === 20 ? minor >= 15 : major === 22 ? minor >= 2 : major > 22
  return fits ? null : `Node.js 20 (from 20.15) or 22.2 and later is needed, ${process.execPath} is ${version}`
}

module.exports = { problem }
