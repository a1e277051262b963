/**
 * Words of cipher grades, cipher lists and protocol lists: which ones Postfix and OpenSSL know.
 *
 * Grades from tls_cipher_grade() in src/tls/tls_misc.c, protocols from its protocol_table, cipher
 * words from cipher_aliases[] in OpenSSL's ssl/ssl_ciph.c with those that older releases had.
 */
import { nearest } from './nearest.ts';
import { tokens } from './token.ts';
import { atLeast, type PostfixVersion } from './version.ts';

/** What is wrong with a value, and what to write instead. */
export interface WordProblem {
  readonly word: string;
  readonly wrong: string;
  readonly cure: string;
  /** The TLS handshake fails at every host; otherwise the word merely does nothing. */
  readonly fails: boolean;
}

/** A cipher grade; `null` encrypts nothing, and no server agrees to it. */
export function gradeProblem(grade: string): WordProblem | undefined {
  const word = grade.toLowerCase();
  if (word === 'null')
    return {
      word: grade,
      wrong: 'the grade null offers no encryption',
      cure: 'use high or medium',
      fails: true,
    };
  if (GRADES.includes(word)) return undefined;
  const meant = nearest(grade, GRADES) ?? 'high or medium';
  return { word: grade, wrong: `"${grade}" is no cipher grade`, cure: `use ${meant}`, fails: true };
}

/** The words of a protocol list, up to the first bad one. */
export function protocolProblem(list: string, version: PostfixVersion): WordProblem | undefined {
  const limits = atLeast(version, '3.6');
  for (const word of tokens(list, PROTOCOL_SEPARATORS)) {
    const limit = /^[<>]=/.test(word);
    if (limit && !limits) {
      const cure = 'exclude the others there, as in !SSLv2:!SSLv3:!TLSv1:!TLSv1.1';
      return { word, wrong: `"${word}" needs Postfix 3.6`, cure, fails: true };
    }
    const name = word.replace(limit ? /^[<>]=/ : /^!/, '');
    if (PROTOCOLS.some((known) => known.toLowerCase() === name.toLowerCase())) continue;
    if (limit && /^0x[0-9a-f]+$/i.test(name)) continue;
    return {
      word,
      wrong: `"${word}" is no protocol`,
      cure: `use ${nearest(name, PROTOCOLS) ?? 'TLSv1, TLSv1.1, TLSv1.2 or TLSv1.3'}`,
      fails: true,
    };
  }
  return undefined;
}

/** Words of an exclusion list that Postfix refuses or that name no cipher. */
export function exclusionProblems(list: string): WordProblem[] {
  return tokens(list, EXCLUSION_SEPARATORS).flatMap((word): WordProblem[] => {
    if (/^[!+@-]/.test(word)) {
      return [
        {
          word,
          wrong: `"${word}" begins with a modifier`,
          cure: `write ${word.slice(1)}, without it`,
          fails: true,
        },
      ];
    }
    if (word.split('+').every((part) => isCipherWord(part))) return [];
    const meant = nearest(word, CIPHER_WORDS);
    const cure =
      meant === undefined ? 'delete it' : `delete it, or write ${meant} if that is what was meant`;
    return [{ word, wrong: `"${word}" names no cipher, and excludes none`, cure, fails: false }];
  });
}

/**
 * A keyword, or anything that looks like the name of one suite: those come and go with OpenSSL
 * releases.
 */
function isCipherWord(word: string): boolean {
  return CIPHER_WORDS.includes(word) || /^TLS_|^[A-Z0-9]+(-[A-Z0-9]+)+$/.test(word);
}

const GRADES = ['high', 'medium', 'low', 'export', 'null'];
const PROTOCOLS = ['SSLv2', 'SSLv3', 'TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'];
const PROTOCOL_SEPARATORS = ', \t\r\n:';
const EXCLUSION_SEPARATORS = ', \t\r\n:';
const CIPHER_WORDS: readonly string[] = [
  ...[
    'ALL',
    'COMPLEMENTOFALL',
    'COMPLEMENTOFDEFAULT',
    'DEFAULT',
    'HIGH',
    'MEDIUM',
    'LOW',
    'EXP',
    'EXPORT',
    'EXPORT40',
    'EXPORT56',
  ],
  ...[
    'eNULL',
    'NULL',
    'aNULL',
    'kRSA',
    'aRSA',
    'RSA',
    'kDHr',
    'kDHd',
    'kDH',
    'kEDH',
    'kDHE',
    'EDH',
    'DHE',
    'DH',
    'ADH',
    'aDH',
  ],
  ...[
    'kECDHr',
    'kECDHe',
    'kECDH',
    'kEECDH',
    'kECDHE',
    'EECDH',
    'ECDHE',
    'ECDH',
    'AECDH',
    'aECDH',
    'aECDSA',
    'ECDSA',
    'aDSS',
    'DSS',
  ],
  ...[
    'kPSK',
    'kRSAPSK',
    'kDHEPSK',
    'kECDHEPSK',
    'aPSK',
    'PSK',
    'kSRP',
    'aSRP',
    'SRP',
    'kKRB5',
    'aKRB5',
    'KRB5',
    'kFZA',
    'aFZA',
  ],
  ...[
    'eFZA',
    'FZA',
    'kGOST',
    'kGOST18',
    'aGOST01',
    'aGOST12',
    'aGOST94',
    'aGOST',
    'GOST94',
    'GOST89',
    'GOST89MAC',
    'GOST12',
    'GOST2012',
  ],
  ...[
    'AES',
    'AES128',
    'AES256',
    'AESGCM',
    'AESCCM',
    'AESCCM8',
    'ARIA',
    'ARIA128',
    'ARIA256',
    'ARIAGCM',
    'CAMELLIA',
    'CAMELLIA128',
  ],
  ...[
    'CAMELLIA256',
    'CHACHA20',
    'CBC',
    '3DES',
    'DES',
    'RC4',
    'RC2',
    'IDEA',
    'SEED',
    'MD5',
    'SHA1',
    'SHA',
    'SHA256',
    'SHA384',
    'FIPS',
  ],
  ...[
    'SSLv2',
    'SSLv3',
    'TLSv1',
    'TLSv1.0',
    'TLSv1.2',
    'TLSv1.3',
    'SUITEB128',
    'SUITEB128ONLY',
    'SUITEB192',
  ],
];
