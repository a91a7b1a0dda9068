-- SPDX-License-Identifier: GPL-2.0-or-later
--
-- The protocol's frames as a Lua dissector shows them: what the plugin is measured against. The same fields of a frame,
-- checksums, reassembly and heuristic; nothing of requests, sessions or damaged frames.

local vt600 = Proto("vt600lua", "VT600 GPRS OTA Protocol in Lua")

local headers = {[0x4040] = "Server to tracker", [0x2424] = "Tracker to server"}
local commands = {
    [0x9500] = "Get tracker info", [0x9501] = "OTA authorization", [0x9502] = "OTA data",
    [0x9503] = "OTA data check", [0x9504] = "Start upgrade", [0x9505] = "Cancel OTA",
}
local statuses = {[0] = "Bad", [1] = "Good"}

local f = {
    header = ProtoField.uint16("vt600lua.header", "Header", base.HEX, headers),
    length = ProtoField.uint16("vt600lua.length", "Length"),
    device_id = ProtoField.string("vt600lua.device_id", "Device ID"),
    command = ProtoField.uint16("vt600lua.command", "Command", base.HEX, commands),
    device_code = ProtoField.uint16("vt600lua.ota.device_code", "Device code", base.HEX),
    max_length = ProtoField.uint16("vt600lua.ota.max_length", "Longest block"),
    firmware_version = ProtoField.string("vt600lua.firmware_version", "Firmware version"),
    flag = ProtoField.uint8("vt600lua.ota.flag", "Flag", base.HEX),
    offset = ProtoField.uint32("vt600lua.ota.offset", "Offset", base.HEX),
    block_length = ProtoField.uint16("vt600lua.ota.block_length", "Block length"),
    block = ProtoField.bytes("vt600lua.ota.block", "Block"),
    image_length = ProtoField.uint16("vt600lua.ota.image_length", "Image length"),
    image_checksum = ProtoField.uint16("vt600lua.ota.image_checksum", "Image checksum", base.HEX),
    data = ProtoField.bytes("vt600lua.data", "Data"),
    checksum = ProtoField.uint16("vt600lua.checksum", "Checksum", base.HEX),
    checksum_status = ProtoField.uint8("vt600lua.checksum.status", "Checksum status", base.DEC, statuses),
    terminator = ProtoField.bytes("vt600lua.terminator", "Terminator"),
}
vt600.fields = f

local LEAST = 17 -- a frame without data
local band, bxor, lshift, rshift = bit.band, bit.bxor, bit.lshift, bit.rshift
local byte = string.byte

local crc_table = {}
for i = 0, 255 do
    local crc = lshift(i, 8)
    for _ = 1, 8 do
        crc = lshift(crc, 1)
        if crc >= 0x10000 then
            crc = bxor(crc, 0x11021)
        end
    end
    crc_table[i] = crc
end

local function crc_ccitt(text)
    local crc = 0xffff
    for i = 1, #text do
        crc = bxor(lshift(band(crc, 0xff), 8), crc_table[bxor(rshift(crc, 8), byte(text, i))])
    end
    return crc
end

-- The data of each command, by direction: adds its fields, returns what the Info column says of it.
local server, tracker = {}, {}

server[0x9502] = function(tree, data)
    tree:add(f.offset, data(0, 4))
    tree:add(f.block_length, data(4, 2))
    tree:add(f.block, data(6))
    return string.format(" 0x%08x +%u", data(0, 4):uint(), data(4, 2):uint())
end
server[0x9503] = function(tree, data)
    tree:add(f.image_length, data(0, 2))
    return string.format(": %u bytes", data(0, 2):uint())
end
tracker[0x9500] = function(tree, data)
    local version = data(4):string():match("^V%d+%.%d+") or ""
    tree:add(f.device_code, data(0, 2))
    tree:add(f.max_length, data(2, 2))
    tree:add(f.firmware_version, data(4, #version), version)
    return string.format(": %s, %u bytes a block", version, data(2, 2):uint())
end
tracker[0x9502] = function(tree, data)
    tree:add(f.offset, data(0, 4))
    tree:add(f.flag, data(4, 1))
    return string.format(" 0x%08x: flag %u", data(0, 4):uint(), data(4, 1):uint())
end
tracker[0x9503] = function(tree, data)
    tree:add(f.image_checksum, data(0, 2))
    return string.format(": checksum 0x%04x", data(0, 2):uint())
end
tracker[0x9501] = function(tree, data)
    tree:add(f.flag, data(0, 1))
    return string.format(": flag %u", data(0, 1):uint())
end
tracker[0x9504], tracker[0x9505] = tracker[0x9501], tracker[0x9501]

-- One whole frame. Returns its text for the Info column.
local function dissect_frame(frame, tree)
    local length = frame:len()
    local header, code = frame(0, 2):uint(), frame(11, 2):uint()
    local device = frame(4, 7):bytes():tohex():gsub("F+$", "")
    local top = tree:add(vt600, frame)
    top:add(f.header, frame(0, 2))
    top:add(f.length, frame(2, 2))
    top:add(f.device_id, frame(4, 7), device)
    top:add(f.command, frame(11, 2))

    local text = device .. " " .. (commands[code] or string.format("Unknown command 0x%04x", code))
    if length > LEAST then
        local data = frame(13, length - LEAST)
        local show = (header == 0x4040 and server or tracker)[code]
        if show then
            text = text .. show(top, data)
        else
            top:add(f.data, data)
        end
    end

    local checksum = frame(length - 4, 2)
    local good = crc_ccitt(frame:raw(0, length - 4)) == checksum:uint()
    top:add(f.checksum, checksum)
    top:add(f.checksum_status, checksum, good and 1 or 0):set_generated()
    top:add(f.terminator, frame(length - 2, 2))
    top:append_text(", " .. text)
    return text
end

function vt600.dissector(tvb, pinfo, tree)
    local present, at, texts = tvb:len(), 0, {}
    while at < present do
        local rest = present - at
        local length = rest >= 4 and tvb(at + 2, 2):uint() or nil
        if not length then
            pinfo.desegment_offset, pinfo.desegment_len = at, DESEGMENT_ONE_MORE_SEGMENT
            break
        elseif not headers[tvb(at, 2):uint()] or length < LEAST then
            break
        elseif length > rest then
            pinfo.desegment_offset, pinfo.desegment_len = at, length - rest
            break
        end
        texts[#texts + 1] = dissect_frame(tvb(at, length):tvb(), tree)
        at = at + length
    end
    if #texts > 0 then
        pinfo.cols.protocol = "VT600Lua"
        pinfo.cols.info = table.concat(texts, "; ")
    end
    return present
end

vt600:register_heuristic("tcp", function(tvb, pinfo, tree)
    local present = tvb:len()
    if present < LEAST or not headers[tvb(0, 2):uint()] then
        return false
    end
    local length = tvb(2, 2):uint()
    if length < LEAST or length > present or tvb(length - 2, 2):uint() ~= 0x0d0a or
        crc_ccitt(tvb:raw(0, length - 4)) ~= tvb(length - 4, 2):uint() then
        return false
    end
    pinfo.conversation = vt600
    vt600.dissector(tvb, pinfo, tree)
    return true
end)
