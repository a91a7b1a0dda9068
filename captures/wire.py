# SPDX-License-Identifier: GPL-2.0-or-later
"""What a frame looks like: its bytes, good or wrong on purpose.

Knows sections 1 and 2 of the protocol: the frame around a command, the device ID, the checksum. Knows nothing of images,
connections or packets.

A side is '>' for the server's frames (@@) and '<' for the tracker's ($$).
"""

import binascii

HEADERS = {">": b"@@", "<": b"$$"}
END = b"\r\n"
FRAME_LEN_MIN = 17          # header, length, device ID, command, checksum, end: a frame without data
DEVICE_ID_LEN = 7
BROADCAST = "broadcast"

TRACKER_INFO, AUTHORIZATION, DATA, DATA_CHECK, START_UPGRADE, CANCEL = range(0x9500, 0x9506)


def crc(data, before=0xffff):
    """CRC-CCITT, initial 0xffff: the frame's checksum, and the image's. `before` is the CRC of the bytes before these."""
    return binascii.crc_hqx(data, before)


def device_id(device):
    """Seven bytes for a device: up to 14 digits, 'broadcast', or the bytes themselves."""
    if isinstance(device, bytes):
        if len(device) != DEVICE_ID_LEN:
            raise ValueError(f"a device ID has {DEVICE_ID_LEN} bytes, not {len(device)}")
        return device
    if device == BROADCAST:
        return b"\xff" * DEVICE_ID_LEN
    if not (device.isascii() and device.isdigit()) or len(device) > 2 * DEVICE_ID_LEN:
        raise ValueError(f"no device ID of up to {2 * DEVICE_ID_LEN} digits: {device}")
    return bytes.fromhex(device.ljust(2 * DEVICE_ID_LEN, "f"))


def frame(side, device, command, data=b"", *, checksum="good", length=None, end=END):
    """One frame.

    checksum  'good'; 'bad' (every bit wrong); a number; 'zero-dropped': as a server writes it that prints the number
              without its leading zeros, so that one frame in sixteen is cut short, shifted by half a byte
    length    the length field, where it is not to be the true one; the checksum is computed over what stands there
    end       the bytes after the checksum
    """
    if length is None:
        length = FRAME_LEN_MIN + len(data)
    head = HEADERS[side] + length.to_bytes(2, "big") + device_id(device) + command.to_bytes(2, "big") + data
    value = crc(head)
    if checksum == "zero-dropped":
        digits = f"{value:x}" + end.hex()
        return head + bytes.fromhex(digits[:len(digits) // 2 * 2])
    if checksum == "bad":
        value ^= 0xffff
    elif checksum != "good":
        value = checksum
    return head + value.to_bytes(2, "big") + end


def data_request(device, offset, block, **options):
    """0x9502 of the server: a block of the image."""
    data = offset.to_bytes(4, "big") + len(block).to_bytes(2, "big") + block
    return frame(">", device, DATA, data, **options)


def data_answer(device, offset, flag, **options):
    """0x9502 of the tracker: 1 stored, 0 failed, 0xff not authorized."""
    return frame("<", device, DATA, offset.to_bytes(4, "big") + bytes([flag]), **options)


def flip(data, offset):
    """The same bytes with one bit wrong, the lowest of the byte at the offset."""
    damaged = bytearray(data)
    damaged[offset] ^= 1
    return bytes(damaged)


def drop(data, offset):
    """The same bytes with the one at the offset missing."""
    damaged = bytearray(data)
    del damaged[offset]
    return bytes(damaged)
