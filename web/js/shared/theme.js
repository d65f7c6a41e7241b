/**
 * Tells dark palettes from light ones by the surface itself, so that every palette of the host is right, an artist's own included.
 */

const MARK = 'encoderscopeTheme'

/** Marks the page as dark or light, now and whenever the palette changes. */
export function followTheme() {
  mark()
  const observer = new MutationObserver(mark)
  for (const target of [document.documentElement, document.body]) {
    observer.observe(target, { attributes: true, attributeFilter: ['class', 'style'] })
  }
}

function mark() {
  const theme = isDark() ? 'dark' : 'light'
  if (document.body.dataset[MARK] !== theme) document.body.dataset[MARK] = theme
}

function isDark() {
  const probe = document.createElement('i')
  probe.style.cssText = 'display:none;color:#222;color:var(--comfy-input-bg,#222)'
  document.body.append(probe)
  const [r, g, b] = (getComputedStyle(probe).color.match(/[\d.]+/g) ?? ['0', '0', '0']).map(Number)
  probe.remove()
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 128
}
