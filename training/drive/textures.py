"""Pictures that the scene wears: small ads, sprayed numbers, shop signs, plates, faces, bin labels. Pillow only.

Numbers and plates come from the layout, which makes only such as nobody has.
"""

from __future__ import annotations

import random
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw, ImageFilter, ImageFont

SERVICES: Final = (
    ("办证", "各种证件 刻章"),
    ("疏通", "下水道 马桶 化粪池"),
    ("开锁", "换锁芯 修锁 24小时"),
    ("贷款", "当天放款 无需抵押"),
    ("高价回收", "烟酒 黄金 旧手机"),
    ("搬家", "长短途 居民搬家"),
    ("招工", "男女不限 日结"),
    ("房屋出租", "单间 一房一厅 拎包入住"),
    ("补漏", "屋面 卫生间 外墙"),
    ("空调维修", "加雪种 清洗 移机"),
    ("代开发票", "正规 可验"),
    ("急招保姆", "包吃住 月休四天"),
)
INKS: Final = (
    ((250, 248, 240), (20, 20, 20)),
    ((250, 225, 60), (200, 20, 20)),
    ((200, 30, 30), (255, 240, 120)),
    ((25, 60, 150), (255, 235, 90)),
    ((245, 200, 210), (30, 30, 120)),
    ((255, 255, 255), (200, 20, 30)),
    ((255, 255, 255), (20, 50, 150)),
    ((120, 200, 120), (20, 30, 20)),
)
SHOPS: Final = (
    "便民超市",
    "五金建材",
    "鲜果园",
    "早餐店",
    "理发",
    "大药房",
    "牛肉面馆",
    "手机维修",
    "图文打印",
    "茶叶行",
    "烟酒商行",
    "粮油店",
    "家电维修",
    "文具店",
    "干洗店",
    "沙县小吃",
)
_FACES: Final = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
)


class NoChineseFont(RuntimeError):
    """Neither Debian package fonts-noto-cjk nor fonts-wqy-zenhei is installed."""


@lru_cache(maxsize=64)
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """A bold Chinese face of that size, from the Debian font packages."""
    for path in _FACES:
        if Path(path).exists():
            return ImageFont.truetype(path, size_px, index=2 if "Noto" in path else 0)
    raise NoChineseFont("no Chinese font was found: install the Debian package fonts-noto-cjk or fonts-wqy-zenhei")


def _centred(draw: ImageDraw.ImageDraw, box: tuple[int, int, int, int], text: str, fill: object) -> None:
    """The text as large as the box allows."""
    x0, y0, x1, y1 = box
    size = max(8, int((y1 - y0) * 0.92))
    while size > 8 and draw.textlength(text, font=font(size)) > (x1 - x0):
        size -= 2
    draw.text(((x0 + x1) / 2, (y0 + y1) / 2), text, font=font(size), fill=fill, anchor="mm")  # type: ignore[arg-type]


def small_ad(rng: random.Random, phone: str, width_px: int, height_px: int) -> Image.Image:
    """A pasted sheet: a service in large letters, a line of small print and the phone number."""
    paper, ink = rng.choice(INKS)
    title, small = rng.choice(SERVICES)
    image = Image.new("RGB", (width_px, height_px), paper)
    draw = ImageDraw.Draw(image)
    w, h, edge = width_px, height_px, max(3, width_px // 28)
    if rng.random() < 0.5:
        draw.rectangle((edge, edge, w - edge, h - edge), outline=ink, width=max(2, edge // 2))
    tall = h > w
    _centred(draw, (2 * edge, int(h * 0.06), w - 2 * edge, int(h * (0.38 if tall else 0.48))), title, ink)
    second = rng.choice([ink, (200, 20, 20), (20, 20, 20)]) if sum(paper) > 500 else ink
    if tall:
        for row in range(3):
            text = small if row == 0 else "".join(rng.choice("诚信服务随叫到快速安全价优上门") for _ in range(8))
            _centred(
                draw, (3 * edge, int(h * (0.42 + 0.11 * row)), w - 3 * edge, int(h * (0.50 + 0.11 * row))), text, second
            )
    else:
        _centred(draw, (3 * edge, int(h * 0.50), w - 3 * edge, int(h * 0.64)), small, second)
    band = (edge, int(h * (0.78 if tall else 0.66)), w - edge, int(h * 0.95))
    if rng.random() < 0.35:
        draw.rectangle(band, fill=(220, 30, 30))
        _centred(draw, band, phone, (255, 255, 255))
    else:
        _centred(draw, band, phone, ink)
    return _torn(image, rng)


def _torn(image: Image.Image, rng: random.Random) -> Image.Image:
    """Sometimes the sheet with a corner torn off or a strip ripped out (see-through there)."""
    if rng.random() > 0.35:
        return image
    out = image.convert("RGBA")
    w, h = out.size
    mask = Image.new("L", out.size, 255)
    corner = rng.choice(((0, 0), (w, 0), (w, h // 3)))
    reach = rng.uniform(0.2, 0.4)
    points = [corner] + [
        (abs(corner[0] - w * reach * rng.uniform(0.6, 1) * k), corner[1] + h * reach * (1 - k) * rng.uniform(0.6, 1))
        for k in (0.0, 0.25, 0.5, 0.75, 1.0)
    ]
    ImageDraw.Draw(mask).polygon([(float(x), float(y)) for x, y in points], fill=0)
    out.putalpha(mask)
    return out


def sprayed_number(rng: random.Random, phone: str) -> Image.Image:
    """A service and its number sprayed or stencilled on the bare wall: RGBA, see-through around the paint."""
    image = Image.new("RGBA", (1400, 400), (0, 0, 0, 0))
    ink = rng.choice(((20, 20, 25), (170, 20, 25), (20, 40, 130)))
    layer = Image.new("L", image.size, 0)
    draw = ImageDraw.Draw(layer)
    _centred(draw, (40, 10, 700, 190), rng.choice(("办证", "疏通下水道", "开锁", "贷款")), 235)
    _centred(draw, (20, 195, 1380, 390), phone, 235)
    layer = layer.rotate(rng.uniform(-2, 2), resample=Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(2.2))
    image.paste(Image.new("RGBA", image.size, (*ink, 255)), (0, 0), layer)
    image.putalpha(layer)
    return image


def paper_scrap(rng: random.Random) -> Image.Image:
    """What is left of a sheet that was scraped off: pale, ragged, see-through outside."""
    image = Image.new("RGBA", (160, 120), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    tone = rng.randint(195, 240)
    for _ in range(6):
        cx, cy = rng.randint(30, 130), rng.randint(25, 95)
        points = [(cx + rng.randint(-40, 40), cy + rng.randint(-30, 30)) for _ in range(7)]
        draw.polygon(points, fill=(tone, tone, tone - 8, 255))
    return image


def shop_sign(rng: random.Random) -> Image.Image:
    """A legal shop board above the door."""
    ground = rng.choice(
        ((180, 20, 25), (20, 90, 50), (20, 60, 140), (240, 200, 40), (235, 235, 230), (90, 40, 20), (230, 110, 20))
    )
    ink = (255, 250, 235) if sum(ground) < 450 else (180, 20, 20)
    image = Image.new("RGB", (700, 170), ground)
    _centred(ImageDraw.Draw(image), (40, 15, 660, 155), rng.choice(SHOPS), ink)
    return image


def notice_board(rng: random.Random) -> Image.Image:
    """A legal public notice in a frame: looks like an ad from afar and is none."""
    image = Image.new("RGB", (500, 360), (150, 120, 60))
    draw = ImageDraw.Draw(image)
    draw.rectangle((14, 14, 486, 346), fill=rng.choice(((250, 240, 205), (225, 240, 250), (240, 250, 235))))
    _centred(
        draw, (30, 24, 470, 84), rng.choice(("社区公告栏", "文明城市 你我共建", "垃圾分类 人人有责")), (190, 30, 30)
    )
    for row in range(7):
        draw.rectangle((40, 110 + row * 32, rng.randint(300, 460), 120 + row * 32), fill=(120, 120, 120))
    return image


def plate(text: str, electric: bool) -> Image.Image:
    """A number plate: white on blue, or black on green for electric cars."""
    image = Image.new("RGB", (440, 140), (185, 225, 190) if electric else (15, 65, 165))
    ink = (15, 15, 15) if electric else (255, 255, 255)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((5, 5, 434, 134), radius=10, outline=ink, width=4)
    _centred(draw, (18, 14, 422, 126), f"{text[:2]}·{text[2:]}", ink)
    return image


def bin_label(rng: random.Random, ground: tuple[int, int, int]) -> Image.Image:
    """The sticker on a bin's front."""
    image = Image.new("RGB", (220, 260), ground)
    draw = ImageDraw.Draw(image)
    draw.rectangle((10, 10, 210, 250), outline=(255, 255, 255), width=6)
    draw.polygon([(110, 30), (60, 110), (160, 110)], outline=(255, 255, 255), width=10)
    _centred(draw, (20, 125, 200, 190), rng.choice(("其他垃圾", "可回收物", "厨余垃圾", "生活垃圾")), (255, 255, 255))
    draw.rectangle((40, 205, 180, 213), fill=(255, 255, 255))
    draw.rectangle((60, 225, 160, 233), fill=(255, 255, 255))
    return image


def face(rng: random.Random, skin: tuple[int, int, int]) -> Image.Image:
    """A face seen from the front, 256×256, to be projected onto the front of a head."""
    image = Image.new("RGB", (256, 256), skin)
    draw = ImageDraw.Draw(image)
    dark = tuple(int(c * 0.78) for c in skin)
    soft = Image.new("RGB", image.size, skin)
    shades = ImageDraw.Draw(soft)
    for cx in (88, 168):
        shades.ellipse((cx - 30, 92, cx + 30, 132), fill=dark)
    shades.polygon([(118, 120), (138, 120), (150, 166), (106, 166)], fill=dark)
    shades.ellipse((92, 205, 164, 225), fill=dark)
    shades.ellipse(
        (40, 140, 92, 180), fill=tuple(min(255, int(c * f)) for c, f in zip(skin, (1.05, 0.92, 0.9), strict=True))
    )
    shades.ellipse(
        (164, 140, 216, 180), fill=tuple(min(255, int(c * f)) for c, f in zip(skin, (1.05, 0.92, 0.9), strict=True))
    )
    image = Image.blend(image, soft.filter(ImageFilter.GaussianBlur(9)), 0.9)
    draw = ImageDraw.Draw(image)
    draw.polygon([(122, 108), (134, 108), (139, 150), (117, 150)], fill=tuple(min(255, int(c * 1.06)) for c in skin))
    hair = rng.choice(((20, 16, 14), (40, 28, 20), (70, 66, 64)))
    for cx, lean in ((88, 3), (168, -3)):
        draw.line((cx - 24, 92 + lean, cx + 2, 85, cx + 24, 92 - lean), fill=hair, width=8, joint="curve")
        draw.ellipse((cx - 19, 105, cx + 19, 124), fill=(238, 234, 228))
        draw.ellipse((cx - 9, 104, cx + 9, 124), fill=(38, 24, 16))
        draw.arc((cx - 22, 101, cx + 22, 128), 190, 350, fill=(25, 18, 16), width=4)
    draw.ellipse((114, 154, 122, 160), fill=tuple(int(c * 0.55) for c in skin))
    draw.ellipse((134, 154, 142, 160), fill=tuple(int(c * 0.55) for c in skin))
    lips = (175, 85, 80) if rng.random() < 0.6 else (150, 90, 80)
    draw.ellipse((102, 182, 154, 202), fill=lips)
    draw.line((102, 192, 128, 194, 154, 192), fill=(100, 45, 42), width=3)
    return image.filter(ImageFilter.GaussianBlur(1.2))
