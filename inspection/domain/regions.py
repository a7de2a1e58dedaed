"""Regions by GB/T 2260: the autonomous region, its twelve leagues and cities, the nine districts and banners of
呼和浩特. Codes nest: 150000 ⊃ 150100 ⊃ 150102. (code, Chinese name, English name)"""

from __future__ import annotations

from typing import Final

REGIONS: Final = (
    ("150000", "内蒙古自治区", "Inner Mongolia"),
    ("150100", "呼和浩特市", "Hohhot"),
    ("150200", "包头市", "Baotou"),
    ("150300", "乌海市", "Wuhai"),
    ("150400", "赤峰市", "Chifeng"),
    ("150500", "通辽市", "Tongliao"),
    ("150600", "鄂尔多斯市", "Ordos"),
    ("150700", "呼伦贝尔市", "Hulunbuir"),
    ("150800", "巴彦淖尔市", "Bayannur"),
    ("150900", "乌兰察布市", "Ulanqab"),
    ("152200", "兴安盟", "Hinggan League"),
    ("152500", "锡林郭勒盟", "Xilingol League"),
    ("152900", "阿拉善盟", "Alxa League"),
    ("150102", "新城区", "Xincheng District"),
    ("150103", "回民区", "Huimin District"),
    ("150104", "玉泉区", "Yuquan District"),
    ("150105", "赛罕区", "Saihan District"),
    ("150121", "土默特左旗", "Tumed Left Banner"),
    ("150122", "托克托县", "Togtoh County"),
    ("150123", "和林格尔县", "Horinger County"),
    ("150124", "清水河县", "Qingshuihe County"),
    ("150125", "武川县", "Wuchuan County"),
)
