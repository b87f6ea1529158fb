"""What small ads say. Every telephone number is invented: it begins with 10, 11 or 12, which no mobile number does."""

from __future__ import annotations

from typing import Final

import numpy as np

from training.ads.sheet import one_of

TRADES: Final = (
    "疏通管道", "开锁换锁", "办证刻章", "急招保姆", "房屋出租", "高价回收", "无抵押贷款", "专业防水", "空调维修",
    "搬家公司", "旺铺转让", "招聘普工", "家电清洗", "信用卡代还", "二手房出售", "补漏", "水电安装", "回收烟酒",
    "家教辅导", "打孔", "贷款", "办证", "开锁", "疏通下水道", "新房出租", "代开发票", "急招", "厂房出租", "单间出租",
    "化粪池清理", "收驾照分", "拆旧回收", "办公 培训招租", "防水补漏", "低价转让",
)  # fmt: skip
LINES: Final = (
    "价格优惠 随叫随到", "电话", "24小时服务", "诚信经营", "上门服务", "包吃住 月薪6000", "当天放款", "精装修 拎包入住",
    "有意者请联系", "李师傅", "王经理", "非诚勿扰", "三室一厅", "长期有效", "微信同号", "急用钱找我",
    "男女不限 18-50岁", "本市各区均可 免费上门估价", "凭身份证即可 利息低", "带独立卫生间 家电齐全",
    "收费合理 不通不收费", "地址:市场东门",
)  # fmt: skip
OFFERS: Final = ("优惠", "宽带", "免费装", "清仓", "特价", "开业", "招租", "转让", "贷", "招工")
SLOGANS: Final = (
    "旺铺招租", "厂价直销 清仓大甩卖", "开业大酬宾 全场五折", "高薪诚聘普工 包吃包住", "房屋出售 首付十万", "门面转让",
    "驾校招生 学费优惠", "少儿舞蹈 免费试听", "专业开锁 随叫随到",
)  # fmt: skip
LATIN: Final = (
    "FOR RENT", "ROOM TO LET", "MOVERS", "LOCKSMITH", "CASH LOANS", "WE BUY CARS", "PLUMBER 24h", "JOBS", "DJ NIGHT",
    "SALE", "LIVE MUSIC", "ENGLISH LESSONS", "WE BUY GOLD", "CLEANING", "TAROT",
)  # fmt: skip
CHINESE_SHARE: Final = 0.85


def phone(rng: np.random.Generator) -> str:
    """An eleven-digit number that nobody can have."""
    return "1" + str(rng.integers(0, 3)) + "".join(str(digit) for digit in rng.integers(0, 10, 9))


def spaced(number: str) -> str:
    """A number as it is printed large: 3-4-4."""
    return f"{number[:3]} {number[3:7]} {number[7:]}"


def title(rng: np.random.Generator, chinese: bool) -> str:
    """What the ad is for."""
    return one_of(rng, TRADES) if chinese and rng.random() < CHINESE_SHARE else one_of(rng, LATIN)


def line(rng: np.random.Generator, chinese: bool) -> str:
    """A line of small print."""
    return one_of(rng, LINES) if chinese else one_of(rng, LATIN)


def offer(rng: np.random.Generator, chinese: bool) -> str:
    """A word or two that shouts."""
    return one_of(rng, OFFERS) if chinese else one_of(rng, LATIN)


def slogan(rng: np.random.Generator, chinese: bool) -> str:
    """What a banner says."""
    return one_of(rng, SLOGANS) if chinese else one_of(rng, LATIN)
