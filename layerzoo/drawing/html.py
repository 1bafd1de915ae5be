"""Draw scenes as an HTML page to pan and zoom: hovering shows a layer's config, a click opens a block."""

from __future__ import annotations

from collections.abc import Sequence
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
  svg[hidden] {{ display: none; }}
  g:hover > rect {{ stroke-width: 2.5; }}
  g[data-opens] {{ cursor: zoom-in; }}
  #path {{ position: fixed; left: 12px; top: 8px; z-index: 1; }}
  #path:empty {{ display: none; }}
  #path button {{ font: inherit; padding: 3px 8px; border: 1px solid #dadce0; border-radius: 4px;
    background: #fff; cursor: pointer; margin-right: 4px; }}
  #detail {{ position: fixed; right: 0; top: 0; max-width: 40%; max-height: 100%; overflow: auto; margin: 0;
    padding: 12px 16px; background: #f8f9fae8; border-left: 1px solid #dadce0; font: 12px monospace; }}
  #detail:empty {{ display: none; }}
</style>
<nav id="path"></nav>
{svgs}<pre id="detail"></pre>
<script>
  const pictures = [...document.querySelectorAll("svg")], detail = document.getElementById("detail");
  const names = pictures.map(one => one.querySelector("title").textContent);
  const nav = document.getElementById("path"), views = [];
  let picture, scale, x, y, path = [0], moved = 0;
  const show = () => picture.style.transform = `translate(${{x}}px, ${{y}}px) scale(${{scale}})`;
  const enter = steps => {{
    if (picture) views[path.at(-1)] = [scale, x, y];
    path = steps;
    const number = path.at(-1);
    pictures.forEach((one, index) => one.toggleAttribute("hidden", index !== number));
    picture = pictures[number];
    const wide = picture.viewBox.baseVal.width, top = number ? 48 : 0;
    const fit = Math.min(1, innerWidth / wide);
    [scale, x, y] = views[number] ?? [fit, Math.max(0, (innerWidth - wide * fit) / 2), top];
    nav.replaceChildren(...(number ? path : []).map((step, depth) => {{
      const button = document.createElement("button");
      button.textContent = names[step];
      button.addEventListener("click", () => enter(path.slice(0, depth + 1)));
      return button;
    }}));
    detail.textContent = "";
    show();
  }};
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
  addEventListener("pointerdown", () => moved = 0);
  addEventListener("pointermove", event => {{
    if (event.buttons) {{
      x += event.movementX; y += event.movementY;
      moved += Math.abs(event.movementX) + Math.abs(event.movementY);
      show();
    }}
  }});
  addEventListener("keydown", event => {{
    if (event.key === "Escape" && path.length > 1) enter(path.slice(0, -1));
  }});
  for (const box of document.querySelectorAll("g")) {{
    const title = box.querySelector("title");
    const text = title.textContent;
    title.remove();
    box.addEventListener("pointerenter", () => detail.textContent = text);
    if (box.dataset.opens) box.addEventListener("click", () => {{
      if (moved < 5) enter([...path, Number(box.dataset.opens)]);
    }});
  }}
  enter([0]);
</script>
</html>
"""


def html(scenes: Sequence[Scene]) -> str:
    """Scenes as a self-contained page: drag to pan, the wheel scrolls, Ctrl and the wheel zoom.

    The first scene is the net; a click on a box that stands for a block opens its scene, and Escape, or the
    path at the top, leads back.
    """
    pictures = [svg(scene) for scene in scenes]
    for number, picture in enumerate(
        pictures[1:], 1
    ):  # the tips of arrows in a hidden picture are hidden, too
        own = picture.replace('id="tip"', f'id="tip{number}"')
        pictures[number] = own.replace("url(#tip)", f"url(#tip{number})")
    return _PAGE.format(name=escape(scenes[0].name), svgs="".join(pictures))
