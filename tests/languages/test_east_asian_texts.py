"""What a reader of Chinese, Japanese or Korean trips over, as far as a machine can tell it."""

from __future__ import annotations

import re

import pytest
from encoderscope.tests.languages.texts_of_locales import texts_of

# The letters of Chinese and Japanese, without their punctuation.
LETTER = "\u3041-\u30f6\u30fc\u4e00-\u9fff"
CLOSED = r"(?<=[}”])"
ALONE = r"(?![\uac00-\ud7a3(])"

# language, what must not be found in it, and why
RULES = [
    *[
        (language, pattern, why)
        for language in ("zh", "zh-TW", "ja")
        for pattern, why in (
            (f"[{LETTER}]:|: [{LETTER}]", "a colon is full-width beside these letters"),
            (f"[{LETTER}][;!?]", "punctuation is full-width behind these letters"),
            (f"[{LETTER}][A-Za-z0-9]|[A-Za-z0-9][{LETTER}]", "a blank parts letters and Latin"),
            (r'"\{', "names are quoted as the language quotes"),
            ("（[^）]*, ", "no comma of ASCII inside full-width brackets"),
        )
    ],
    *[
        (language, "Load Text Encoders|Quantize Text Encoder|Load Image-Text", "nodes have names")
        for language in ("zh", "zh-TW", "ja", "ko")
    ],
    ("zh", "生成器|份额|词元|潜空间|说明文字", "one term: 生成模型, 占比, token, Latent, 描述"),
    ("zh", "您|我们加的", "the artist is 你, and the pack does not speak of itself as we"),
    (
        "zh-TW",
        "圖像|列表|型別|許可權|掩碼|噪聲|短語|軟體包|節點包|條目|丟失|(?<!單)詞表|潛空間|詞元|生成器|份額",
        "Taiwan's own terms, one for each thing",
    ),
    ("zh-TW", "程式的哪個|許多工|繫結|箇|准備|制作|實時|反饋|一兆", "a converter's mistakes"),
    ("zh-TW", "啟用函式|激勵函數|激活|歸一化|規範化|檔案頭", "活化函數, 正規化, 檔頭"),
    ("ja", "語句|エンコーディング|ジェネレーター|メモリー|視覚タワー|系列|対になる文", "one term"),
    ("ja", r"[^\x00-\x7f] ?\([^():]*\)(?!\w)", "brackets are full-width in Japanese"),
    ("ja", "pooled_from|sequence_from|baseline を", "inputs by the names that editors show"),
    (
        "ko",
        rf"{CLOSED}(?:은|는|을|를|이|과|와|으로|이라고|라고|이라는|라는|이어야){ALONE}",
        "a particle follows the last sound of a name that is not known: 은(는), 을(를)",
    ),
    ("ko", r"는\(은\)|가\(이\)|를\(을\)", "은(는), 이(가), 을(를) in this order"),
    (
        "ko",
        "생성기|눈먼|프로젝션|윈도우|사물에|pooled 벡터|백분율|종료 토큰|네거티브|저희",
        "one term",
    ),
    ("ko", "pooled_from|sequence_from|baseline을", "inputs by the names that editors show"),
]
# Quoted words and amounts whose last sound is known.
KNOWN_SOUND = re.compile(r"“(?:break|and|알 수 없음|embedding:)”|\{(?:share|lost|pair|part)\}")
# Code stays code: [tensor, dictionary], (n, side, side, 3), (Set Mask), two quotes.
CODE = re.compile(r'\[[^]]*\]|\(n, [^)]*\)|\((?:Set \w+|Combine)\)|\(""\)|\{error\}: |\{kind\}: ')


@pytest.mark.parametrize(("language", "pattern", "why"), RULES)
def test_texts_hold_to_the_rules_of_their_language(language: str, pattern: str, why: str) -> None:
    texts = [KNOWN_SOUND.sub("", CODE.sub("", text)) for text in texts_of(language)]
    assert len(texts) > 3000
    assert [text for text in texts if re.search(pattern, text)] == [], why
