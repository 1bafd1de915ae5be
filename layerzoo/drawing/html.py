"""Draw a scene as an HTML page: an SVG to pan and zoom; hovering over a layer shows its config."""

from __future__ import annotations

from html import escape

from layerzoo.drawing.scene import Scene
from layerzoo.drawing.svg import svg

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>{name}</title>
<style>
  html, body {{ margin: 0; height: 100%; overflow: hidden; background: #fff; }}
  body {{ font: 13px Helvetica, Arial, sans-serif; color: #202124; }}
  svg {{ position: absolute; transform-origin: 0 0; cursor: grab; user-select: none; }}
  g:hover > rect {{ stroke-width: 2.5; }}
  #detail {{ position: fixed; right: 0; top: 0; max-width: 40%; max-height: 100%; overflow: auto; margin: 0;
    padding: 12px 16px; background: #f8f9fae8; border-left: 1px solid #dadce0; font: 12px monospace; }}
  #detail:empty {{ display: none; }}
</style>
{svg}<pre id="detail"></pre>
<script>
  const picture = document.querySelector("svg"), detail = document.getElementById("detail");
  const wide = picture.viewBox.baseVal.width;
  let scale = Math.min(1, innerWidth / wide), x = Math.max(0, (innerWidth - wide * scale) / 2), y = 0;
  const show = () => picture.style.transform = `translate(${{x}}px, ${{y}}px) scale(${{scale}})`;
  addEventListener("wheel", event => {{
    event.preventDefault();
    if (event.ctrlKey || event.metaKey) {{
      const factor = Math.exp(-event.deltaY / 300);
      x = event.clientX - (event.clientX - x) * factor;
      y = event.clientY - (event.clientY - y) * factor;
      scale *= factor;
    }} else {{ x -= event.deltaX; y -= event.deltaY; }}
    show();
  }}, {{ passive: false }});
  addEventListener("pointermove", event => {{
    if (event.buttons) {{ x += event.movementX; y += event.movementY; show(); }}
  }});
  for (const box of document.querySelectorAll("g")) {{
    const title = box.querySelector("title");
    const text = title.textContent;
    title.remove();
    box.addEventListener("pointerenter", () => detail.textContent = text);
  }}
  show();
</script>
</html>
"""


def html(scene: Scene) -> str:
    """The scene as a self-contained page: drag to pan, the wheel scrolls, Ctrl and the wheel zoom."""
    return _PAGE.format(name=escape(scene.name), svg=svg(scene))
